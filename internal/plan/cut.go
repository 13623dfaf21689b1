package plan

// Cutter shares files out to parts as they come, each of which takes neighbours: it
// keeps no more than the part that it fills. A file larger than the limit has a part
// of its own.
type Cutter struct {
	Limits Limits
	files  []File
	size   int64
}

// Add takes a file. Where it has no room in the part that is being filled, that
// one is returned, which is the caller's then.
func (c *Cutter) Add(f File) (full []File) {
	if len(c.files) > 0 && (len(c.files) >= c.Limits.Files || c.size+f.Size > c.Limits.Bytes) {
		full, c.files, c.size = c.files, nil, 0
	}
	c.files = append(c.files, f)
	c.size += f.Size
	return full
}

// Rest returns the last part, which is empty where there were no files.
func (c *Cutter) Rest() []File {
	rest := c.files
	c.files, c.size = nil, 0
	return rest
}
