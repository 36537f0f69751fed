"""ChatTTS (2noise): the official weights, natively."""
