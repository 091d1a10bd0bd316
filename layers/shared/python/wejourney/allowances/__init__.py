"""What each act of a follower allows an account to send: WeChat's rules, and the windows on record."""
