package def

// channelOptions are the keys of each channel type. Those that are true must be
// given.
var channelOptions = map[ChannelType]map[string]bool{
	Slack:     {"url": true},
	PagerDuty: {"routing_key": true},
	SMS:       {"account_sid": true, "auth_token": true, "from": true, "to": true},
	Email:     {"host": true, "port": false, "user": false, "password": false, "from": true, "to": true},
	Webhook:   {"url": true, "secret": false},
}

// publicOptions are the options whose literal values are no secrets.
var publicOptions = map[string]bool{"from": true, "to": true, "host": true, "port": true, "user": true}

func defaultSettings() Settings {
	return Settings{Timezone: "UTC", Parallelism: DefaultParallelism, Channels: map[string]*Channel{}, Pos: Position{settingsPath, 1, 1}}
}

// parseSettings reads longshore.yaml.
func parseSettings(ps *Problems, content []byte) Settings {
	s := defaultSettings()
	top, ok := parseYAML(ps, settingsPath, content, settingsKeys)
	if !ok || top.isNull() {
		return s
	}
	o := top.object()
	o.text("name", &s.Name)
	if n, ok := o.get("timezone"); ok {
		s.Timezone = n.zone()
	}
	if n, ok := o.get("clickhouse"); ok {
		s.ClickHouse, s.clickhouseAt = n.text(), n.at
	}
	parallelism := int64(s.Parallelism)
	o.count("parallelism", 1, maxParts, &parallelism)
	s.Parallelism = int(parallelism)
	if n, ok := o.get("channels"); ok {
		for _, m := range n.members(func(string) string { return "channels.*" }) {
			checkChannelName(ps, m)
			s.Channels[m.name] = parseChannel(m.name, m.value.object())
		}
	}
	if n, ok := o.get("alerts"); ok {
		s.Alerts = parseAlerts(n)
	}
	return s
}

func checkChannelName(ps *Problems, m member) {
	if !nameShape.MatchString(m.name) || len(m.name) > maxName {
		ps.add(m.at, "use letters, digits, _ and -, 100 at most", "%q is no valid name of a channel", m.name)
	}
}

func parseChannel(name string, o *object) *Channel {
	c := &Channel{Name: name, Options: map[string]Value{}, Pos: o.at}
	types := []string{"slack", "pagerduty", "sms", "email", "webhook"}
	if n, ok := o.need("type", "add type: "+oneOf(types)); ok {
		c.Type = ChannelType(n.choice(types))
	}
	options, known := channelOptions[c.Type]
	if !known {
		return c
	}
	for _, key := range sortedKeys(o.fields) {
		if key == "type" {
			continue
		}
		n, _ := o.get(key)
		if _, ok := options[key]; !ok {
			n.fail("use "+oneOf(sortedKeys(options)), "%s does not belong to a channel of type %s", n.label, c.Type)
			continue
		}
		c.Options[key] = n.option(key)
	}
	for _, key := range sortedKeys(options) {
		if _, given := o.get(key); options[key] && !given {
			o.fail("add "+key+": and its value", "%s is missing", o.child(key))
		}
	}
	return c
}

// option reads a value of a channel, which may hold references.
func (n node) option(key string) Value {
	text := n.text()
	if key == "port" {
		if _, ok := parsePort(text); !ok {
			n.fail("use a number from 1 to 65535", "%s is %s", n.label, n.shown())
		}
	}
	return parseValue(n.doc.problems, n.at, text, !publicOptions[key])
}
