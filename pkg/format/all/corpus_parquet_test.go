package all_test

func parquetFiles() []written { return nil }
func serverFiles() []written  { return nil }
