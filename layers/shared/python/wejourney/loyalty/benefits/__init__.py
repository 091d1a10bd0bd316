"""What people can get besides points: coupons, gifts and offers."""
