package s3

import "fmt"

const redacted = "**redacted**"

// Secret is text that prints **redacted** in every verb and in JSON.
type Secret struct {
	text *string // behind a pointer, so that not even reflection in fmt prints it
}

// NewSecret wraps text.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{&text}
}

func (s Secret) reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// IsZero reports whether the secret is empty.
func (s Secret) IsZero() bool { return s.text == nil }

// String returns **redacted**, or nothing for the empty secret.
func (s Secret) String() string {
	if s.text == nil {
		return ""
	}
	return redacted
}

// Format prints String for every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// MarshalText makes JSON, and whatever else asks for text, print String.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
