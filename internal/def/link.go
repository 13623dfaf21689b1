package def

import "strings"

// linker checks what one definition says about another.
type linker struct {
	project  *Project
	broken   map[Kind]map[string]bool
	problems *Problems
}

func (l *linker) link() {
	p := l.project
	l.settings()
	for _, name := range sortedKeys(p.Datasources) {
		l.datasource(p.Datasources[name])
	}
	for _, name := range sortedKeys(p.Models) {
		m := p.Models[name]
		l.connection(m.at["connection"], m.Connection, "a model", Postgres, MySQL, ClickHouse)
	}
	for _, name := range sortedKeys(p.Syncs) {
		l.sync(p.Syncs[name])
	}
	l.cycles()
	l.ids()
}

func (l *linker) settings() {
	s := l.project.Settings
	l.connection(s.clickhouseAt, s.ClickHouse, "clickhouse", ClickHouse)
	l.alerts(s.Alerts)
}

func (l *linker) datasource(d *Datasource) {
	l.connection(d.at["TARGET_CONNECTION_NAME"], d.Target, "TARGET_CONNECTION_NAME", ClickHouse)
	if d.Target == "" {
		d.Target = l.project.Settings.ClickHouse
	}
	if d.Import != nil {
		l.connection(d.at["IMPORT_CONNECTION_NAME"], d.Import.Connection, "IMPORT_CONNECTION_NAME", S3)
	}
}

func (l *linker) sync(s *Sync) {
	p := l.project
	d := s.Destination
	c := l.connection(s.at["connection"], d.Connection, "a destination", S3)
	if c != nil && d.Bucket == "" && c.S3.Bucket.IsZero() {
		l.problems.add(s.at["connection"], "add S3_BUCKET to the connection, or bucket: to the destination", "neither the destination nor the connection %s names a bucket", c.Name)
	}
	if l.exists(ModelFile, s.at["model"], s.Model, sortedKeys(p.Models)) {
		m := p.Models[s.Model]
		if m != nil && len(m.PrimaryKey) == 0 && (s.Mode == Insert || s.Mode == DiffAll) {
			l.problems.add(s.at["mode"], "add primary_key: to the model, or use mode: all", "mode %s needs a primary key, and the model %s has none", s.Mode, m.Name)
		}
	}
	l.upstream(s)
	if !sameAlerts(s.Alerts, p.Settings.Alerts) {
		l.alerts(s.Alerts)
	}
}

// sameAlerts reports whether a sync has the project's alerts, which are checked
// there.
func sameAlerts(a, b []Alert) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// exists reports a name that nothing of a kind has. An empty name, which is
// reported already, is none.
func (l *linker) exists(kind Kind, at Position, name string, names []string) bool {
	switch {
	case name == "" || l.broken[kind][name]:
		return false
	case contains(names, name):
		return true
	}
	l.problems.add(at, didYouMean(string(kind), name, names), "there is no %s %q", kind, name)
	return false
}

// connection checks that a connection exists and is of one of the types. It
// returns nil when not.
func (l *linker) connection(at Position, name, who string, types ...ConnectionType) *Connection {
	if !l.exists(ConnectionFile, at, name, sortedKeys(l.project.Connections)) {
		return nil
	}
	c := l.project.Connections[name]
	words := make([]string, len(types))
	for i, t := range types {
		if words[i] = string(t); t == c.Type {
			return c
		}
	}
	l.problems.add(at, "name a connection of type "+oneOf(words), "the connection %s is of type %s, which %s can't use", name, c.Type, who)
	return nil
}

func (l *linker) alerts(alerts []Alert) {
	for _, a := range alerts {
		for _, to := range a.To {
			if _, ok := l.project.Settings.Channels[to]; !ok {
				l.problems.add(a.pos, didYouMean("channel in "+settingsPath, to, sortedKeys(l.project.Settings.Channels)), "there is no channel %q", to)
			}
		}
	}
}

// upstream finds out what a sync runs after.
func (l *linker) upstream(s *Sync) {
	up, at := &s.Schedule.After, s.Schedule.afterAt
	if s.Schedule.Kind != After {
		return
	}
	p := l.project
	_, isSync := p.Syncs[up.Sync]
	_, isData := p.Datasources[up.Sync]
	switch {
	case up.Datasource != "":
		l.exists(DatasourceFile, at, up.Datasource, sortedKeys(p.Datasources))
	case isSync && isData && !s.Schedule.afterKind:
		l.problems.add(at, "write after: {sync: "+up.Sync+"} or after: {datasource: "+up.Sync+"}", "%q is a sync and a datasource", up.Sync)
	case isData && !isSync && !s.Schedule.afterKind:
		*up = Upstream{Datasource: up.Sync}
	case s.Schedule.afterKind:
		l.exists(SyncFile, at, up.Sync, sortedKeys(p.Syncs))
	case !isSync && !l.broken[DatasourceFile][up.Sync] && !l.broken[SyncFile][up.Sync] && up.Sync != "":
		names := append(sortedKeys(p.Syncs), sortedKeys(p.Datasources)...)
		l.problems.add(at, didYouMean("sync or datasource", up.Sync, names), "there is no sync or datasource %q", up.Sync)
	}
}

// cycles reports syncs that wait for themselves, once per circle.
func (l *linker) cycles() {
	p := l.project
	done := map[string]bool{}
	for _, start := range sortedKeys(p.Syncs) {
		var trail []string
		for name := start; !done[name] && p.Syncs[name] != nil; name = p.Syncs[name].Schedule.After.Sync {
			if i := index(trail, name); i >= 0 {
				circle := strings.Join(append(trail[i:], name), " → ")
				l.problems.add(p.Syncs[name].Schedule.afterAt, "give one of them another schedule", "syncs run after each other in a circle: %s", circle)
				break
			}
			trail = append(trail, name)
		}
		for _, name := range trail {
			done[name] = true
		}
	}
}

func index(list []string, s string) int {
	for i, l := range list {
		if l == s {
			return i
		}
	}
	return -1
}

// ids reports two models or two syncs with the same id.
func (l *linker) ids() {
	p := l.project
	models, syncs := map[string]string{}, map[string]string{}
	for _, name := range sortedKeys(p.Models) {
		m := p.Models[name]
		l.id(models, ModelFile, m.Pos, name, m.ID)
	}
	for _, name := range sortedKeys(p.Syncs) {
		s := p.Syncs[name]
		l.id(syncs, SyncFile, s.Pos, name, s.ID)
	}
}

func (l *linker) id(seen map[string]string, kind Kind, at Position, name, id string) {
	if other, again := seen[id]; again && id != "" {
		l.problems.add(at, "give one of them another id", "the %s %s has the id %q of the %s %s", kind, name, id, kind, other)
		return
	}
	seen[id] = name
}
