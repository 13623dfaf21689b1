package export

import "testing"

// A buffer of the right size is used again as long as somebody runs, and no longer.
func TestBuffersAreUsedAgain(t *testing.T) {
	tests := []struct {
		name  string
		users int
		size  int
		again bool
	}{
		{"while a part runs", 1, 1000, true},
		{"while two run", 2, 1000, true},
		{"when none does", 0, 1000, false},
		{"a larger one", 1, 1001, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := &buffers{size: 1000}
			for range tt.users {
				b.open()
			}
			first := b.take(tt.size)
			b.put(append(first, 1))
			second := b.take(500)
			if cap(second) < 1000 || len(second) != 0 {
				t.Fatalf("got a buffer of %d with %d bytes in it, want an empty one of 1000", cap(second), len(second))
			}
			if again := &first[:1][0] == &second[:1][0]; again != tt.again {
				t.Errorf("got the same buffer: %v, want %v", again, tt.again)
			}
			b.put(second)
			for range tt.users {
				b.close()
			}
			if len(b.free) > 0 {
				t.Errorf("got %d buffers kept for nobody", len(b.free))
			}
		})
	}
}
