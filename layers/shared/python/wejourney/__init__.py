"""wejourney: follower journeys on WeChat, in the brand's own AWS account."""
