package clickhouse

// SpeakOld makes c's appends speak the newest protocol that the driver and ClickHouse 18 spell alike: from 54032 on
// such a server wants to know the client, which the driver tells from 54420 on.
func (c *Client) SpeakOld() { c.pool.target.revision = 54031 }
