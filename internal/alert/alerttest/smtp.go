package alerttest

import (
	"bufio"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
)

// SMTP plays a server of email. It doesn't encrypt; it is on this machine.
type SMTP struct {
	listener net.Listener
	wg       sync.WaitGroup

	mu       sync.Mutex
	say      Answer
	received []string
	conns    []net.Conn
}

// NewSMTP starts a server.
func NewSMTP(t *testing.T) *SMTP {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &SMTP{listener: listener}
	s.wg.Go(s.accept)
	t.Cleanup(s.close)
	return s
}

func (s *SMTP) close() {
	s.listener.Close()
	s.mu.Lock()
	for _, c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

// Endpoint implements Server.
func (s *SMTP) Endpoint() string { return s.listener.Addr().String() }

// Say implements Server.
func (s *SMTP) Say(a Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.say = a
}

// Received implements Server.
func (s *SMTP) Received() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.received)
}

func (s *SMTP) accept() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns = append(s.conns, c)
		say := s.say
		s.mu.Unlock()
		s.wg.Go(func() {
			defer c.Close()
			(&session{server: s, say: say, in: bufio.NewScanner(c), conn: c}).run()
		})
	}
}

// session is one conversation.
type session struct {
	server *SMTP
	say    Answer
	in     *bufio.Scanner
	conn   net.Conn
	letter strings.Builder
	login  string // as it came over the wire
}

func (s *session) answer(format string, args ...any) { fmt.Fprintf(s.conn, format+"\r\n", args...) }

func (s *session) run() {
	if s.say == Hang {
		s.in.Scan() // until the caller goes
		return
	}
	s.answer("220 mail.example.com ESMTP")
	for s.in.Scan() {
		line := s.in.Text()
		verb, rest, _ := strings.Cut(line, " ")
		switch strings.ToUpper(verb) {
		case "EHLO", "HELO":
			s.answer("250-mail.example.com\r\n250-AUTH PLAIN\r\n250 8BITMIME")
		case "AUTH":
			s.auth(strings.TrimPrefix(rest, "PLAIN "))
		case "MAIL", "RCPT":
			s.address(verb, line)
		case "DATA":
			s.data()
		case "QUIT":
			s.answer("221 2.0.0 bye")
			return
		default:
			s.answer("500 5.5.1 what?")
		}
	}
}

func (s *session) auth(login string) {
	s.login = login
	if s.say == Deny {
		s.answer("535 5.7.8 not accepted: %s", login)
		return
	}
	s.answer("235 2.7.0 welcome")
}

func (s *session) address(verb, line string) {
	switch {
	case s.say == Throttle:
		s.answer("451 4.7.1 slow down, %s", s.login)
	case s.say == Break:
		s.answer("451 4.3.0 local error, %s", s.login)
	case s.say == Forbid:
		s.answer("550 5.7.1 relaying denied, %s", s.login)
	case s.say == Misplaced && verb == "RCPT":
		s.answer("550 5.1.1 no such user here, %s", s.login)
	default:
		fmt.Fprintf(&s.letter, "%s\n", line)
		s.answer("250 2.1.0 ok")
	}
}

func (s *session) data() {
	s.answer("354 go on")
	for s.in.Scan() && s.in.Text() != "." {
		fmt.Fprintf(&s.letter, "%s\n", s.in.Text())
	}
	s.server.mu.Lock()
	s.server.received = append(s.server.received, s.letter.String())
	s.server.mu.Unlock()
	s.answer("250 2.0.0 accepted")
}
