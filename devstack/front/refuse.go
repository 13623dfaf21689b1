package front

import "github.com/longshore/longshore/devstack/chdb"

// refuse returns an exception for statements that the engine must not get. Some would end or stop this process, and
// SHUTDOWN even its process group, because the engine believes that it is a server of its own; and without the
// databases default and system no session works any more.
func refuse(sql string) error {
	l := &lexer{sql: sql}
	refused := false
	switch first := l.next(); {
	case first.is("SYSTEM"):
		second := l.next()
		refused = second.is("SHUTDOWN") || second.is("KILL") || second.is("SUSPEND")
	case first.is("DROP"), first.is("DETACH"), first.is("RENAME"):
		refused = l.next().is("DATABASE") && namesVital(l)
	}
	if !refused {
		return nil
	}
	return &chdb.Error{Code: 497, Name: "ACCESS_DENIED", Message: "devstack would not survive this statement"}
}

// namesVital reports whether [IF EXISTS] default or system follows.
func namesVital(l *lexer) bool {
	if l.peek().is("IF") {
		l.next()
		l.next()
	}
	name := unquote(l.next().text)
	return name == "default" || name == "system"
}
