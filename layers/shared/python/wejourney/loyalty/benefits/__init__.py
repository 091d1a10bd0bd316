"""What people can get besides points: coupons, gifts, rewards and offers."""
