"""The rules of WeChat, of journeys and of points: pure, no AWS, no HTTP, time passed in."""
