package front

import (
	"errors"
	"slices"
	"strings"

	"github.com/longshore/longshore/devstack/chdb"
)

// setting is a setting of one query. An optional one is skipped when the engine does not know it.
type setting struct {
	name, value string
	optional    bool
}

// clientSession is an engine session of one client, with the client's own SET statements remembered, so that the
// settings of a single query can be taken back.
type clientSession struct {
	Session
	sets []string // SET statements of the client, in order
}

// exec runs a statement whose result does not matter.
func (s *clientSession) exec(sql string) error {
	_, _, err := s.Query(sql, "Null", nil)
	return err
}

// codeUnknownSetting is UNKNOWN_SETTING.
const codeUnknownSetting = 115

// apply sets settings for the coming query. The returned function takes them back; it must be called even when
// apply fails.
func (s *clientSession) apply(settings []setting) (restore func() error, err error) {
	var names []string
	restore = func() error { return s.restore(names) }
	if len(settings) == 0 {
		return restore, nil
	}
	var all []string
	for _, v := range settings {
		names = append(names, v.name)
		all = append(all, assignment(v))
	}
	err = s.exec("SET " + strings.Join(all, ", "))
	if !isCode(err, codeUnknownSetting) || !slices.ContainsFunc(settings, func(v setting) bool { return v.optional }) {
		return restore, err
	}
	return restore, s.applyEach(settings)
}

func (s *clientSession) applyEach(settings []setting) error {
	for _, v := range settings {
		err := s.exec("SET " + assignment(v))
		if err != nil && !(v.optional && isCode(err, codeUnknownSetting)) {
			return err
		}
	}
	return nil
}

// restore gives settings back the values they had in the session.
func (s *clientSession) restore(names []string) error {
	if len(names) == 0 {
		return nil
	}
	for _, name := range names {
		err := s.exec("SET " + chdb.QuoteName(name) + " = DEFAULT")
		if err != nil && !isCode(err, codeUnknownSetting) {
			return err
		}
	}
	if err := s.Reset(); err != nil {
		return err
	}
	for _, sql := range s.sets {
		if err := s.exec(sql); err != nil {
			return err
		}
	}
	return nil
}

func assignment(v setting) string { return chdb.QuoteName(v.name) + " = " + chdb.Quote(v.value) }

func isCode(err error, code int32) bool {
	var e *chdb.Error
	return errors.As(err, &e) && e.Code == code
}

// exception makes an exception of any error.
func exception(err error) *chdb.Error {
	var e *chdb.Error
	if errors.As(err, &e) {
		return e
	}
	return &chdb.Error{Code: 1000, Name: "POCO_EXCEPTION", Message: err.Error()}
}
