package plan

// Cutter shares files out to parts as Group does, but as they come: it keeps no
// more than the part that it fills.
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
