package mysql

import (
	"context"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/longshore/longshore/pkg/batch"
	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/source"
)

// Driver opens MySQL and MariaDB databases.
type Driver struct{}

var _ source.Driver = Driver{}

// Traits implements source.Driver.
func (Driver) Traits() source.Traits {
	return source.Traits{Name: "mysql", Schemes: []string{"mysql", "mariadb"}}
}

// dialTimeout bounds the attempt to connect, unless the URL says otherwise.
const dialTimeout = 10 * time.Second

// Open implements source.Driver. The URL is mysql://USER:PASSWORD@HOST:3306/DATABASE
// with the settings tls (true, false, preferred, skip-verify) and timeout (of
// connecting: 5s).
func (Driver) Open(ctx context.Context, cfg source.Config) (source.Database, error) {
	options, err := parseURL(cfg)
	if err != nil {
		return nil, err
	}
	connector, err := mysql.NewConnector(options)
	if err != nil {
		return nil, wrongSetting(cfg.Name, "tls")
	}
	db := &database{name: cfg.Name, address: options.Addr, password: options.Passwd, connector: connector, batchRows: cfg.BatchRows}
	if db.batchRows <= 0 {
		db.batchRows = batch.DefaultRows
	}
	s, err := db.connect(ctx)
	if err != nil {
		return nil, err
	}
	s.close()
	return db, nil
}

// parseURL reads the connection's URL. Its errors quote no value of it.
func parseURL(cfg source.Config) (*mysql.Config, error) {
	u, err := url.Parse(cfg.URL)
	if err != nil || u.Host == "" || u.Scheme != "mysql" && u.Scheme != "mariadb" {
		return nil, fault.WithRemedy(fault.New(fault.Invalid, "connection %s: the URL can't be parsed", cfg.Name),
			"write mysql://USER:PASSWORD@HOST:3306/DATABASE, with special characters as %%XX")
	}
	options := mysql.NewConfig()
	options.Net, options.Addr, options.DBName = "tcp", u.Host, strings.TrimPrefix(u.Path, "/")
	if u.Port() == "" {
		options.Addr = net.JoinHostPort(u.Hostname(), "3306")
	}
	options.User = u.User.Username()
	options.Passwd, _ = u.User.Password()
	options.Timeout = dialTimeout
	options.ConnectionAttributes = "program_name:longshore"
	options.Logger = &mysql.NopLogger{} // what it would say is in the errors
	for name, values := range u.Query() {
		value := values[len(values)-1]
		switch name {
		case "tls":
			options.TLSConfig = value
		case "timeout":
			if options.Timeout, err = time.ParseDuration(value); err != nil || options.Timeout <= 0 {
				return nil, wrongSetting(cfg.Name, name)
			}
		default:
			return nil, wrongSetting(cfg.Name, name)
		}
	}
	return options, nil
}

func wrongSetting(connection, name string) error {
	return fault.WithRemedy(fault.New(fault.Invalid, "connection %s: the URL has a wrong setting %q", connection, name),
		"set tls to true, false, preferred or skip-verify, and timeout to a time such as 5s; there are no others")
}
