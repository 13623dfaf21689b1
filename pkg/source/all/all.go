// Package all is the list of databases that an export can read. A driver is in
// it or it doesn't exist: nothing registers itself.
package all

import (
	"slices"
	"strings"

	"github.com/longshore/longshore/pkg/fault"
	"github.com/longshore/longshore/pkg/source"
	"github.com/longshore/longshore/pkg/source/clickhouse"
	"github.com/longshore/longshore/pkg/source/mysql"
	"github.com/longshore/longshore/pkg/source/postgres"
)

// Drivers returns the drivers, in the order of the documentation.
func Drivers() []source.Driver {
	return []source.Driver{postgres.Driver{}, mysql.Driver{}, clickhouse.Driver{}}
}

// ByName returns the driver that definitions call name. The error is Invalid
// and says which names there are.
func ByName(name string) (source.Driver, error) {
	var names []string
	for _, d := range Drivers() {
		if d.Traits().Name == name {
			return d, nil
		}
		names = append(names, d.Traits().Name)
	}
	return nil, fault.WithRemedy(fault.New(fault.Invalid, "there is no source %q", name), "name one of %s", strings.Join(names, ", "))
}

// ByURL returns the driver for the URL's scheme. The error is Invalid and says
// which schemes there are; of the URL it quotes the scheme alone.
func ByURL(url string) (source.Driver, error) {
	scheme, _, found := strings.Cut(url, "://")
	scheme = strings.ToLower(scheme)
	var schemes []string
	for _, d := range Drivers() {
		if found && slices.Contains(d.Traits().Schemes, scheme) {
			return d, nil
		}
		schemes = append(schemes, d.Traits().Schemes...)
	}
	err := fault.New(fault.Invalid, "the URL has no scheme")
	if found {
		err = fault.New(fault.Invalid, "no source has URLs that begin with %q", scheme+"://")
	}
	return nil, fault.WithRemedy(err, "begin it with one of %s", strings.Join(schemes, "://, ")+"://")
}
