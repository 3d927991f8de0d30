//go:build !unix

package gateway

// receive reads as Conn.Read does.
func (c *upstreamConn) receive(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.received(n)
	return n, err
}

// readable reports whether bytes have arrived and have not been read, as far as
// this system says.
func (c *upstreamConn) readable() bool { return false }
