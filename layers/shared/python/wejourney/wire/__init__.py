"""WeChat's callback format: signatures, encryption, XML in and passive replies out."""
