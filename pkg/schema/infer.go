package schema

type Inference struct{}
