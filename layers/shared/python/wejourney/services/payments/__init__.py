"""Use cases of WeChat Pay: notices, trade bills, and orders whose notice does not come."""
