"""The books, and what is kept beside them, in DynamoDB."""
