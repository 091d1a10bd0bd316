"""Why a person did or did not enter a journey, get its messages, take its branches; how far all runs came."""
