package learn

import "github.com/corsac-dev/corsac/cmd/corsac/internal/har"

// AddHAR adds the cross-origin requests of a recording, with their preflights and
// redirects, and returns how many there are. page is the origin of the page where
// the file does not name it.
func (l *Learner) AddHAR(log *har.Log, page string) (n int) {
	conversations, _ := log.Conversations(page)
	for _, c := range conversations {
		for i := range c.Recording.Exchanges {
			r := &c.Recording.Exchanges[i]
			from := c.Page.Origin
			if r.Headers.Has("Origin") {
				from = "" // a redirect may have changed it
			}
			if l.Add(r, from) {
				n++
			}
		}
	}
	return n
}
