"""What is known of payments, in DynamoDB: orders, what WeChat Pay is asked for, and what was told of it."""
