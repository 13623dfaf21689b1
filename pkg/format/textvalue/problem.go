package textvalue

// Problem is why a text isn't a value of a type. OK is none.
type Problem uint8

// The problems.
const (
	OK Problem = iota
	NotANumber
	NotAnInteger
	OutOfRange
	DigitsLost
	NotABool
	NotADate
	NotATime
	TimeLost
	FractionLost
	NotAUUID
	NotAnIPv4
	NotAnIPv6
	NotInEnum
	TooLong
	NotAnArray
	NotAMap
	NotATuple
	NotText
	Null
	NullKey
	Missing
	MissingElement
	NotUTF8
	Malformed
	TooDeep
	TwiceGiven
)

var codes = [...]string{
	OK:             "ok",
	NotANumber:     "not a number",
	NotAnInteger:   "not an integer",
	OutOfRange:     "out of range",
	DigitsLost:     "digits would be lost",
	NotABool:       "not a boolean",
	NotADate:       "not a date",
	NotATime:       "not a date and time",
	TimeLost:       "time of day would be lost",
	FractionLost:   "fraction of a second would be lost",
	NotAUUID:       "not a UUID",
	NotAnIPv4:      "not an IPv4 address",
	NotAnIPv6:      "not an IPv6 address",
	NotInEnum:      "not a name of the enum",
	TooLong:        "too long",
	NotAnArray:     "not an array",
	NotAMap:        "not an object",
	NotATuple:      "not a tuple",
	NotText:        "not a single value",
	Null:           "null in a column that is not nullable",
	NullKey:        "null key",
	Missing:        "missing",
	MissingElement: "missing in an element of the array",
	NotUTF8:        "invalid UTF-8",
	Malformed:      "malformed JSON",
	TooDeep:        "nested too deep",
	TwiceGiven:     "duplicate key",
}

// String returns the problem in a few constant words: the code of a
// format.ColumnError.
func (p Problem) String() string {
	if int(p) < len(codes) {
		return codes[p]
	}
	return "invalid"
}

// Fatal reports whether the text around the value is of no use either.
func (p Problem) Fatal() bool { return p == Malformed || p == TooDeep || p == NotUTF8 }
