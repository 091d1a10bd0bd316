"""Two versions of a journey: what differs in its steps, in what people live through, and in the proof."""
