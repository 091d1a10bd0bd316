"""The callback of an official account: encryption, XML, the names of WeChat's fields."""
