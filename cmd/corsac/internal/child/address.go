package child

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/localnet"
)

// address is where a server may listen.
type address struct {
	scheme, host string // an IPv6 address is without brackets
	port         uint16
	path         string
}

func (a address) url() *url.URL {
	host := a.host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if a.scheme == "http" && a.port != 80 || a.scheme == "https" && a.port != 443 {
		host += ":" + strconv.Itoa(int(a.port))
	}
	return &url.URL{Scheme: a.scheme, Host: host, Path: a.path}
}

// unsuitable matches lines whose addresses are not those of a page: what is used by
// somebody else, what the server connects to, and what is for tools.
var unsuitable = lazyregexp.New(`(?i)\b(?:debugger|debugging|inspector|devtools|live-?reload|websockets?|` +
	`prox(?:y|ies|ied|ying)|upstream|in use|already|occupied|taken|EADDRINUSE|ECONNREFUSED|` +
	`error|failed|refused|cannot|unable|connect(?:ed|ing) to)\b`)

// printedURL matches URLs with http, https or no scheme, as Hugo prints them:
// scheme, host, port, and what follows up to a blank or a quote.
var printedURL = lazyregexp.New(`(?i)(?:(?:^|[^a-z0-9+.-])(https?):|(?:^|[\s("']))//` +
	`([a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])(:[0-9]{1,5})?([^\s"'<>` + "`" + `\\]*)`)

// inText returns the URLs in a line that are of this machine.
func inText(line string, isOwn func(host string) bool) (found []address) {
	if unsuitable.MatchString(line) {
		return nil
	}
	for _, m := range printedURL.Get().FindAllStringSubmatch(line, -1) {
		scheme, host, port, rest := strings.ToLower(m[1]), strings.ToLower(strings.Trim(m[2], "[]")), m[3], m[4]
		if scheme == "" && port == "" || strings.HasPrefix(rest, ":") {
			continue
		}
		rest = strings.TrimRight(rest, ".,;:!?)]}|*…")
		if rest != "" && !strings.ContainsAny(rest[:1], "/?#") || !isOwn(host) {
			continue
		}
		a := address{scheme: scheme, host: reachable(host), port: 80}
		switch {
		case scheme == "":
			a.scheme = "http"
		case scheme == "https":
			a.port = 443
		}
		if port != "" {
			if a.port = portOf(port[1:]); a.port == 0 {
				continue
			}
		}
		a.path, _, _ = strings.Cut(rest, "?")
		a.path, _, _ = strings.Cut(a.path, "#")
		found = append(found, a)
	}
	return found
}

// reachable returns the host under which a server is reached that listens on all
// addresses.
func reachable(host string) string {
	if a, err := netip.ParseAddr(host); err == nil && a.IsUnspecified() {
		return "localhost"
	}
	return host
}

// portOf returns the number of a port, or 0.
func portOf(text string) uint16 {
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return 0
	}
	return uint16(port)
}

// wordsEnd is what may follow a port in words: not the rest of a time, a date or a
// longer number.
const wordsEnd = `(?:[\s,;"')\]/!]|\.?$|\.\s)`

var (
	// listens matches lines that say that a server runs.
	listens = lazyregexp.New(`(?i)\b(?:listen(?:s|ing)?|running|runs|start(?:ed|ing)|serv(?:es|ing|er)|ready|available|bound)\b`)
	// others matches lines about servers that are not for browsers.
	others = lazyregexp.New(`(?i)\b(?:redis|mongo\w*|postgres\w*|mysql|database|metrics|grpc|smtp|wss?|tcp://)\b`)

	printedPort = lazyregexp.New(`(?i)\bport["']?[\s:=#]{1,3}([0-9]{2,5})` + wordsEnd)
	printedHost = lazyregexp.New(`(?i)(?:^|[\s"'=(\[,])(?:localhost|\*|0\.0\.0\.0|127\.0\.0\.1|\[::1?\]|::)?:([0-9]{2,5})` + wordsEnd)
	printedBare = lazyregexp.New(`(?i)\b(?:listening|running|started|serving|ready)\s+(?:on|at)\s+([0-9]{4,5})` + wordsEnd)
)

// inWords returns the port in a line that has no URL, or 0.
func inWords(line string) uint16 {
	if unsuitable.MatchString(line) || others.MatchString(line) || strings.Contains(line, "://") {
		return 0
	}
	for _, words := range []*lazyregexp.Regexp{printedPort, printedHost, printedBare} {
		if m := words.FindStringSubmatch(line); m != nil && (words == printedPort || listens.MatchString(line)) {
			return portOf(m[1])
		}
	}
	return 0
}

// owner returns a function that reports whether a host is this machine: one of its
// names or addresses.
func owner(name string, addrs []netip.Addr) func(host string) bool {
	return func(host string) bool {
		a, err := netip.ParseAddr(host)
		if err != nil {
			return localnet.IsLocalhost(host) || name != "" && (strings.EqualFold(host, name) || strings.EqualFold(host, name+".local"))
		}
		a = a.Unmap()
		if a.IsLoopback() || a.IsUnspecified() {
			return true
		}
		for _, own := range addrs {
			if own == a {
				return true
			}
		}
		return false
	}
}
