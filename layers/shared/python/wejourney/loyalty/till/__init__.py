"""What happens at a till: visits, holds, and what points are worth there."""
