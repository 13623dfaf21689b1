package def

// Nearest returns the candidate that word most likely means. It is false when
// none is near enough to be a slip of the hand.
func Nearest(word string, candidates []string) (string, bool) { return nearest(word, candidates) }
