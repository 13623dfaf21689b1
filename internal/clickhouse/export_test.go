package clickhouse

import "context"

// SpeakOld makes c's appends speak the newest protocol that the driver and ClickHouse 18 spell alike: from 54032 on
// such a server wants to know the client, which the driver tells from 54420 on.
func (c *Client) SpeakOld() { c.pool.target.revision, c.streams.target.revision = 54031, 54031 }

// Fault is what c makes of a driver's error of an append.
func (c *Client) Fault(verb, grant string, err error) error {
	return c.target.fault(action{verb, grant}, err)
}

// FillsFileColumn reports whether tables get a FileColumn on c's server.
func (c *Client) FillsFileColumn(ctx context.Context) (bool, error) {
	return c.fillsFileColumn(ctx, "test")
}
