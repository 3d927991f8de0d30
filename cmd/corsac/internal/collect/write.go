package collect

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/learn"
)

const (
	interval = 10 * time.Second // between two flushes
	longest  = time.Hour        // until a kind that goes on being seen has another line
	chunk    = 64 << 10         // how much is written at once
)

// run flushes regularly until the collector is closed.
func (c *Collector) run() {
	ticks := time.NewTicker(interval)
	defer ticks.Stop()
	for {
		select {
		case <-c.closing:
			return
		case now := <-ticks.C:
			c.flush(now, false)
		}
	}
}

// Close writes what has not been written, and closes the file. What is observed
// afterwards is lost.
func (c *Collector) Close() {
	close(c.closing)
	c.running.Wait()
	c.flush(time.Now(), true)
	if err := c.file.close(); err != nil {
		c.log.Warn("what pages ask for may not have been written", "file", c.file.name, "reason", err)
	}
}

// counted is a kind with how many of it a line stands for.
type counted struct {
	kind

	n int
}

// flush appends lines to the file: of everything that has not been written, or of what
// is due.
func (c *Collector) flush(now time.Time, everything bool) {
	c.writing.Lock()
	defer c.writing.Unlock()
	due, left := c.due(now, everything)
	if left > 0 {
		c.log.Warn("requests were not written: there are too many kinds of them", "file", c.file.name, "count", left)
	}
	slices.SortFunc(due, func(a, b counted) int {
		return cmp.Or(strings.Compare(a.server, b.server), strings.Compare(a.origin, b.origin), strings.Compare(a.asksMethod+a.method, b.asksMethod+b.method))
	})
	var text []byte
	for i, k := range due {
		text = append(append(text, k.line()...), '\n')
		if len(text) < chunk && i+1 < len(due) {
			continue
		}
		if err := c.file.append(text); err != nil {
			c.complain(err)
			return
		}
		text = text[:0]
	}
}

// complain logs an error of the file, once.
func (c *Collector) complain(err error) {
	if text := err.Error(); text != c.problem {
		c.problem = text
		c.log.Warn("what pages ask for is not written", "file", c.file.name, "reason", text)
	}
}

// due returns what is to be written, and notes that it is. Kinds about which the file
// says everything are forgotten if there is little room for others.
func (c *Collector) due(now time.Time, everything bool) (list []counted, left int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for k, s := range c.kinds {
		if n := s.all - s.written; n > 0 && (everything || s.all >= 2*s.written || now.Sub(s.at) >= longest) {
			list = append(list, counted{k, min(n, learn.MaxCount)})
			s.written, s.at = s.all, now
		}
	}
	if len(c.kinds) > MaxKinds/2 {
		for k, s := range c.kinds {
			if s.all == s.written {
				delete(c.kinds, k)
			}
		}
	}
	left, c.left = c.left, 0
	return list, left
}

// masked stands for values, which nobody needs.
const masked = "-masked-"

// line returns a line of the log, in the form of Caddy's.
func (k *counted) line() []byte {
	scheme, host, _ := strings.Cut(k.server, "://")
	headers := map[string][]string{"Origin": {k.origin}}
	set := func(name, value string) {
		if value != "" {
			headers[name] = []string{value}
		}
	}
	set("Access-Control-Request-Method", k.asksMethod)
	set("Access-Control-Request-Headers", k.asksNames)
	set("Content-Type", k.contentType)
	if k.cookies {
		set("Cookie", masked)
	}
	answer := map[string][]string{}
	if k.exposed != "" {
		answer["Access-Control-Expose-Headers"] = []string{k.exposed}
		for name := range strings.SplitSeq(k.exposed, ",") {
			answer[name] = []string{masked}
		}
	}
	type request struct {
		Method  string              `json:"method"`
		Scheme  string              `json:"scheme"`
		Host    string              `json:"host"`
		URI     string              `json:"uri"`
		Headers map[string][]string `json:"headers"`
	}
	text, err := json.Marshal(map[string]any{
		learn.CountField: k.n, "request": request{k.method, scheme, host, "/", headers}, "resp_headers": answer,
	})
	if err != nil {
		panic(err) // texts and numbers can always be encoded
	}
	return text
}
