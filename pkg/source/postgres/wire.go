package postgres

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/longshore/longshore/pkg/fault"
)

// wire reads the answer to a COPY … TO STDOUT (FORMAT binary) and finds the
// fields of its rows, where they lie in the read buffer.
//
//	'H' | 'd' header row | 'd' row | … | 'd' trailer | 'c' | 'C' | 'Z'
//	row = columns int16 | columns × (length int32 | bytes)
//
// The server sends one row per message, but nothing here relies on it.
type wire struct {
	conn    io.Reader
	columns int
	buf     []byte
	r, w    int // buf[r:w] isn't used up
	end     int // of the message that r is in; r where it is in none
	want    int // bytes from r on that are needed to go on
	opened  bool
	trailer bool
	done    bool  // the server is ready for the next query
	refused error // what the server said instead of the rest
}

const (
	readBuffer    = 256 << 10
	messageHeader = 5
	// maxMessage bounds a message: the server makes no larger row.
	maxMessage = 1<<30 + 1<<20
)

var errNotCopy = fault.New(fault.Unknown, "the answer isn't a binary COPY")

func newWire(conn io.Reader, columns int) *wire {
	return &wire{conn: conn, columns: columns, buf: make([]byte, readBuffer)}
}

// rows finds up to limit rows and puts their fields into at, row by row. The
// fields are good until the next call. Zero rows without an error is the end.
func (s *wire) rows(at []field, limit int) (int, error) {
	for {
		n, err := s.scan(at, limit)
		if n > 0 || err != nil || s.done {
			return n, err
		}
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
}

// scan finds the rows that are in the buffer already.
func (s *wire) scan(at []field, limit int) (n int, err error) {
	for n < limit && !s.done {
		if s.r == s.end {
			ready, err := s.message()
			if !ready || err != nil {
				return n, err
			}
			continue
		}
		next, whole, err := s.row(at[n*s.columns : (n+1)*s.columns])
		switch {
		case err != nil:
			return n, err
		case whole && s.trailer:
			s.r = s.end
		case whole:
			s.r = next
			n++
		case n > 0: // joining moves bytes that the found fields point at
			return n, nil
		case !s.join():
			return n, nil
		}
	}
	return n, nil
}

// message looks at the message at r. It isn't ready while the buffer doesn't
// hold all of it.
func (s *wire) message() (ready bool, err error) {
	s.want = messageHeader
	if s.w-s.r < s.want {
		return false, nil
	}
	length := int(binary.BigEndian.Uint32(s.buf[s.r+1:]))
	if length < 4 || length > maxMessage {
		return false, errNotCopy
	}
	s.want = 1 + length
	if s.w-s.r < s.want {
		return false, nil
	}
	kind, body := s.buf[s.r], s.buf[s.r+messageHeader:s.r+s.want]
	if kind != 'd' {
		s.r += s.want
		s.end = s.r
		return true, s.control(kind, body)
	}
	s.r += messageHeader
	s.end = s.r + len(body)
	return true, s.header(body)
}

// copySignature opens a binary COPY. Flags and the length of an extension, two
// words, follow it.
const copySignature = "PGCOPY\n\xff\r\n\x00"

func (s *wire) header(body []byte) error {
	if s.opened {
		return nil
	}
	n := len(copySignature) + 8
	if len(body) < n || string(body[:len(copySignature)]) != copySignature || binary.BigEndian.Uint64(body[n-8:]) != 0 {
		return errNotCopy
	}
	s.opened = true
	s.r += n
	return nil
}

// control handles all messages but data.
func (s *wire) control(kind byte, body []byte) error {
	switch kind {
	case 'E':
		var response pgproto3.ErrorResponse
		if err := response.Decode(body); err != nil {
			return fault.New(fault.Unknown, "read the server's error: %w", err)
		}
		s.refused = pgconn.ErrorResponseToPgError(&response)
	case 'Z':
		s.done = true
		switch {
		case s.refused != nil:
			return s.refused
		case !s.trailer:
			return errNotCopy
		}
	case 'H', 'c', 'C', 'N', 'S', 'A':
	default:
		return errNotCopy
	}
	return nil
}

// row finds the fields of the row at r. It isn't whole when the message ends
// before the row does.
func (s *wire) row(at []field) (next int, whole bool, err error) {
	b, pos := s.buf[:s.end], s.r
	if len(b)-pos < 2 {
		return 0, false, nil
	}
	columns := int(int16(binary.BigEndian.Uint16(b[pos:])))
	pos += 2
	if columns == -1 {
		s.trailer = true
		return pos, true, nil
	}
	if columns != len(at) || s.trailer {
		return 0, false, fault.New(fault.Unknown, "a row has %d columns, not %d", columns, len(at))
	}
	for i := range at {
		if len(b)-pos < 4 {
			return 0, false, nil
		}
		n := int32(binary.BigEndian.Uint32(b[pos:]))
		pos += 4
		at[i] = field{int32(pos), n}
		if n < 0 {
			if n != -1 {
				return 0, false, fault.New(fault.Unknown, "a field has the length %d", n)
			}
			continue
		}
		if int(n) > len(b)-pos {
			return 0, false, nil
		}
		pos += int(n)
	}
	return pos, true, nil
}

// join takes the header of the next message away, so that the row at r goes on
// in it. It isn't possible while the buffer doesn't hold all of that message.
func (s *wire) join() bool {
	s.want = s.end - s.r + messageHeader
	if s.w-s.r < s.want {
		return false
	}
	length := int(binary.BigEndian.Uint32(s.buf[s.end+1:]))
	if s.buf[s.end] != 'd' || length < 4 || length > maxMessage || s.end-s.r+length > maxMessage {
		s.refused = errNotCopy
		s.r = s.end // the row is lost; message says what came instead
		return true
	}
	s.want += length - 4
	if s.w-s.r < s.want {
		return false
	}
	copy(s.buf[s.end:], s.buf[s.end+messageHeader:s.w])
	s.w -= messageHeader
	s.end += length - 4
	return true
}

// fill reads more, having made room for what is wanted.
func (s *wire) fill() error {
	s.end -= s.r
	copy(s.buf, s.buf[s.r:s.w])
	s.w -= s.r
	s.r = 0
	if s.want > len(s.buf) {
		larger := make([]byte, max(s.want, min(2*len(s.buf), maxMessage)))
		copy(larger, s.buf[:s.w])
		s.buf = larger
	}
	n, err := s.conn.Read(s.buf[s.w:])
	s.w += n
	if n > 0 {
		return nil
	}
	if errors.Is(err, io.EOF) {
		err = fmt.Errorf("the server closed the connection in the middle of a result: %w", io.ErrUnexpectedEOF)
	}
	return err
}
