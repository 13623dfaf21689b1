package front

import "github.com/longshore/longshore/devstack/chdb"

// Embedded makes an Engine of libchdb's.
func Embedded(e *chdb.Engine) Engine { return embedded{e} }

type embedded struct{ engine *chdb.Engine }

func (e embedded) Kill(ids []string) error { return e.engine.Kill(ids) }

func (e embedded) Running(id string) (string, error) { return e.engine.Running(id) }

func (e embedded) Open() (Session, error) {
	s, err := e.engine.Open()
	if err != nil {
		return nil, err
	}
	return embeddedSession{s}, nil
}

type embeddedSession struct{ session *chdb.Session }

func (s embeddedSession) ID() string   { return s.session.ID }
func (s embeddedSession) Reset() error { return s.session.Reset() }
func (s embeddedSession) Close()       { s.session.Close() }

func (s embeddedSession) Classify(sql string) (chdb.Class, int) { return s.session.Classify(sql) }

func (s embeddedSession) Query(sql, format string, params []chdb.Param) ([]byte, chdb.Stats, error) {
	return s.session.Query(sql, format, params...)
}

func (s embeddedSession) Stream(sql, format string, params []chdb.Param) (Rows, error) {
	rows, err := s.session.Stream(sql, format, params...)
	if err != nil {
		return nil, err
	}
	return rows, nil
}

func (s embeddedSession) Insert(sql, format string, params []chdb.Param) (Insert, error) {
	insert, err := s.session.Insert(sql, format, params...)
	if err != nil {
		return nil, err
	}
	return insert, nil
}
