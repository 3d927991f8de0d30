package conformance

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// Engine says how often the verdicts of another implementation agree with
// Chromium's. Command engines writes it.
type Engine struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Agree   int    `json:"agree"`
	Of      int    `json:"of"`
	// Lenient is how many of the differing verdicts let script read what
	// Chromium blocks.
	Lenient int    `json:"lenient"`
	Date    string `json:"date"`
}

// ReadEngines reads the output of command engines.
func ReadEngines(path string) ([]Engine, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var list []Engine
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return list, nil
}

// Simple returns the cases that any implementation of fetch or XMLHttpRequest
// can play: one request of mode cors that reaches the network. It omits cases
// that test something else (opaque response blocking,
// Cross-Origin-Resource-Policy, network failures, malformed HTTP, streams,
// which need HTTP/2), cases that need the default ports or IPv6, and cases with
// control bytes or a space before the colon in a header, which browsers accept
// and other HTTP clients refuse.
func Simple(recorded []Recorded) []Recorded {
	var list []Recorded
	for _, r := range recorded {
		if len(r.Steps) != 1 || len(r.Steps[0].Wire) == 0 {
			continue
		}
		q := &r.Case.Steps[0].Request
		if q.API != "fetch" && q.API != "xhr" || q.Mode != "" && q.Mode != "cors" || q.Body != nil && q.Body.Kind == "stream" {
			continue
		}
		switch r.Case.Family {
		case "orb", "corp", "neterr", "oddresp":
			continue
		}
		if !needsMore(r.Case) && !isMalformed(r.Case) {
			list = append(list, r)
		}
	}
	return list
}

func needsMore(c *Case) bool {
	if strings.Contains(c.Steps[0].Request.URL, "//[::1]") {
		return true
	}
	for _, h := range c.Hops {
		if strings.Count(h.Origin, ":") < 2 {
			return true
		}
	}
	return false
}

func isMalformed(c *Case) bool {
	lines := slices.Clone(c.Steps[0].Request.Headers)
	for _, h := range c.Hops {
		for _, r := range []*Resp{h.Preflight, h.Actual} {
			if r != nil {
				lines = append(lines, r.Headers...)
			}
		}
	}
	return slices.ContainsFunc(lines, func(h KV) bool {
		return strings.HasSuffix(h[0], " ") || strings.ContainsFunc(h[1], func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
	})
}

// enginesTable writes a comparison of fetch with other implementations on the
// cases that they can express.
func enginesTable(w io.Writer, own Count, engines []Engine) {
	fmt.Fprint(w, "\n## Other implementations\n\n"+
		"How often do other implementations come to Chromium's verdict (script gets the response, or not)?\n"+
		"Each gets the cases that it can express: one request of mode cors, by fetch or XMLHttpRequest, that\n"+
		"reaches the network. So the numbers of cases differ. `make engines` replays them over sockets.\n\n"+
		"A **lenient** verdict lets script read what Chromium blocks. All other differences are **strict**,\n"+
		"including requests without a response. Node.js has no origin and checks nothing.\n\n"+
		"| implementation | version | agrees with Chromium 156 | lenient | strict | as of |\n|---|---|--:|--:|--:|---|\n")
	fmt.Fprintf(w, "| `fetch`, profile Chromium | | %d/%d, %s %% | | | |\n", own.Agree, own.Of, percent(own))
	for _, e := range engines {
		fmt.Fprintf(w, "| %s | %s | %d/%d, %s %% | %d | %d | %s |\n", e.Name, e.Version,
			e.Agree, e.Of, percent(Count{e.Agree, e.Of}), e.Lenient, e.Of-e.Agree-e.Lenient, e.Date)
	}
}
