"""GPT-SoVITS (RVC-Boss, MIT): v2, v2Pro, v2ProPlus and v4, the published weights and what people trained from them."""
