package learn

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/fetch"
)

// MaxLine is the length of the longest line of a log that is looked at, in bytes.
const MaxLine = 256 << 10

// LogCounts are the numbers of lines of a log.
type LogCounts struct {
	Lines    int // all
	Used     int // cross-origin requests
	Hostless int // requests that do not name the server, and there is no other name
	Unknown  int // lines that are not requests, or not in a known form
}

// ReadLog adds the requests of an access log: JSON lines of Caddy, Traefik, nginx
// or corsac serve, logfmt of corsac serve, or the combined format of nginx and
// Apache. server is the origin of the server for lines that do not name it; "" leaves
// them out. Lines in other forms are counted, not guessed at.
//
// The combined format names the page only in the Referer and has no header names;
// a policy that rests on it alone lacks them.
func (l *Learner) ReadLog(r io.Reader, server string) (LogCounts, error) {
	var n LogCounts
	lines := bufio.NewReaderSize(r, 64<<10)
	for {
		line, tooLong, err := readLine(lines)
		if len(line) > 0 || tooLong {
			n.Lines++
			switch x := parseLine(line, server); {
			case tooLong || x.Recorded == nil && (server != "" || parseLine(line, anyServer).Recorded == nil):
				n.Unknown++
			case x.Recorded == nil:
				n.Hostless++
			case l.add(x.Recorded, "", x.times):
				n.Used++
			}
		}
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}

// anyServer stands for the server of a line that does not name it.
const anyServer = "https://server.invalid"

// readLine reads a line without its end. It drops what exceeds [MaxLine].
func readLine(r *bufio.Reader) (line []byte, tooLong bool, err error) {
	for {
		part, err := r.ReadSlice('\n')
		if len(line)+len(part) > MaxLine {
			tooLong = true
		} else {
			line = append(line, part...)
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return bytes.TrimSpace(line), tooLong, err
		}
	}
}

// logged is the request of a line, or nil, and how often it was seen.
type logged struct {
	*fetch.Recorded

	times int
}

// parseLine returns the request of a line.
func parseLine(line []byte, server string) logged {
	if i := bytes.IndexByte(line, '{'); i >= 0 && line[len(line)-1] == '}' {
		var object map[string]any
		if json.Unmarshal(line[i:], &object) == nil {
			fields := flatten(object)
			return logged{fromFields(fields, server), timesOf(fields)}
		}
	}
	if m := combined.Get().FindSubmatch(line); m != nil {
		return logged{fromCombined(m, server), 1}
	}
	if fields := logfmt(line); fields != nil {
		return logged{fromFields(fields, server), 1}
	}
	return logged{}
}

// CountField is the name of a number in a line of JSON that stands for so many equal
// requests. [MaxCount] bounds it.
const (
	CountField = "corsac_count"
	MaxCount   = 1e9
)

func timesOf(fields map[string]string) int {
	n, err := strconv.Atoi(fields[CountField])
	if err != nil {
		return 1
	}
	return min(max(n, 1), MaxCount)
}

// combined is the combined log format of nginx and Apache, with or without more
// after it.
var combined = lazyregexp.New(`^\S+ \S+ \S+ \[[^\]]*\] "([A-Z]+) (\S+) HTTP/[0-9.]+" (\d{3}) \S+ "([^"]*)" "([^"]*)"`)

func fromCombined(m [][]byte, server string) *fetch.Recorded {
	status, _ := strconv.Atoi(string(m[3]))
	return record(string(m[1]), "", "", string(m[2]), server, status, fetch.Headers{{Name: "Referer", Value: string(m[4])}, {Name: "User-Agent", Value: string(m[5])}})
}

// maxDepth and maxFields bound what is read of a JSON line.
const (
	maxDepth  = 8
	maxFields = 1024
)

// flatten returns the values of a JSON object by their paths in lower case, joined
// with dots. Of a list, the first element counts, as in the headers of Caddy's
// log.
func flatten(object map[string]any) map[string]string {
	fields := map[string]string{}
	var walk func(path string, v any, depth int)
	walk = func(path string, v any, depth int) {
		if depth > maxDepth || len(fields) >= maxFields {
			return
		}
		switch v := v.(type) {
		case map[string]any:
			for _, name := range slices.Sorted(maps.Keys(v)) {
				walk(strings.TrimPrefix(path+"."+strings.ToLower(name), "."), v[name], depth+1)
			}
		case []any:
			if len(v) > 0 {
				walk(path, v[0], depth+1)
			}
		case string:
			fields[path] = v
		case float64:
			fields[path] = strconv.FormatFloat(v, 'f', -1, 64)
		}
	}
	walk("", object, 0)
	return fields
}

// names are the names that logs have for what matters of a request, the most
// specific first: those of Caddy, Traefik, corsac, and usual ones of nginx.
var names = map[string][]string{
	"method":  {"request.method", "requestmethod", "request_method", "method"},
	"scheme":  {"request.scheme", "requestscheme", "scheme"},
	"host":    {"request.host", "requesthost", "http_host", "host"},
	"target":  {"request.uri", "requestpath", "request_uri", "target", "uri", "path"},
	"status":  {"status", "downstreamstatus", "originstatus"},
	"request": {"request"}, // "GET /items HTTP/1.1"
}

// headerPrefixes are before the names of request headers, and responsePrefixes
// before those of response headers.
var (
	headerPrefixes   = []string{"request.headers.", "request_", "http_", ""}
	responsePrefixes = []string{"resp_headers.", "downstream_", "sent_http_"}
)

// headers are the request headers that matter.
var headers = []string{
	"Origin", "Referer", "Access-Control-Request-Method", "Access-Control-Request-Headers",
	"Cookie", "Content-Type", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Fetch-Dest", "Upgrade", "User-Agent",
}

func fromFields(fields map[string]string, server string) *fetch.Recorded {
	get := func(what string) string {
		for _, name := range names[what] {
			if v := fields[name]; v != "" {
				return v
			}
		}
		return ""
	}
	method, target := get("method"), get("target")
	if line := strings.Fields(get("request")); method == "" && len(line) == 3 {
		method, target = line[0], line[1]
	}
	if method == "" || target == "" {
		return nil
	}
	status, _ := strconv.Atoi(get("status"))
	var sent fetch.Headers
	for _, name := range headers {
		if v := field(fields, headerPrefixes, name); v != "" && v != "-" {
			sent = append(sent, fetch.Header{Name: name, Value: v})
		}
	}
	sent = append(sent, others(fields)...)
	r := record(method, get("scheme"), get("host"), target, server, status, sent)
	if exposed := field(fields, responsePrefixes, "Access-Control-Expose-Headers"); r != nil && exposed != "" {
		r.ResponseHeaders = append(r.ResponseHeaders, fetch.Header{Name: "Access-Control-Expose-Headers", Value: exposed})
		for name := range strings.SplitSeq(exposed, ",") {
			if v := field(fields, responsePrefixes, strings.TrimSpace(name)); v != "" {
				r.ResponseHeaders = append(r.ResponseHeaders, fetch.Header{Name: strings.TrimSpace(name), Value: v})
			}
		}
	}
	return r
}

// field returns a header, which logs name as it is or with underscores.
func field(fields map[string]string, prefixes []string, header string) string {
	lower := strings.ToLower(header)
	for _, prefix := range prefixes {
		for _, name := range []string{lower, strings.ReplaceAll(lower, "-", "_")} {
			if v := fields[prefix+name]; v != "" {
				return v
			}
		}
	}
	return ""
}

// others returns the request headers that Caddy and Traefik log besides those that
// have a name above. The engine knows which of them a browser adds by itself.
func others(fields map[string]string) (list fetch.Headers) {
	for _, path := range slices.Sorted(maps.Keys(fields)) {
		name, ok := strings.CutPrefix(path, "request.headers.")
		if !ok {
			if name, ok = strings.CutPrefix(path, "request_"); !ok || !strings.Contains(name, "-") {
				continue
			}
		}
		if !slices.ContainsFunc(headers, func(h string) bool { return strings.EqualFold(h, name) }) && len(list) < MaxNames {
			list = append(list, fetch.Header{Name: name, Value: fields[path]})
		}
	}
	return list
}

// record makes a request of the parts of a line. Where host or scheme are missing,
// server has them, or else the scheme is https. An OPTIONS request is a preflight,
// even if the log does not have what it asks for: pages send no other.
func record(method, scheme, host, target, server string, status int, headers fetch.Headers) *fetch.Recorded {
	url := target
	switch {
	case strings.Contains(target, "://"):
	case !strings.HasPrefix(target, "/"):
		return nil
	case host != "" && (scheme == "http" || scheme == "https"):
		url = scheme + "://" + host + target
	case server != "":
		url = server + target
	case host != "":
		url = "https://" + host + target
	default:
		return nil
	}
	const asks = "Access-Control-Request-Method"
	if method == "OPTIONS" && !headers.Has(asks) {
		headers = append(headers, fetch.Header{Name: asks, Value: "GET"}) // which needs no permission
	}
	return &fetch.Recorded{WireRequest: fetch.WireRequest{Method: method, URL: url, Headers: headers}, Status: status}
}

// logfmt reads name=value pairs, as slog's TextHandler writes them; nil if the line
// has none that matter.
func logfmt(line []byte) map[string]string {
	fields := map[string]string{}
	rest := string(line)
	for rest != "" && len(fields) < maxFields {
		name, after, ok := strings.Cut(rest, "=")
		if !ok || strings.ContainsAny(name, ` "`) {
			return nil
		}
		value := ""
		if strings.HasPrefix(after, `"`) {
			quoted, err := strconv.QuotedPrefix(after)
			if err != nil {
				return nil
			}
			value, _ = strconv.Unquote(quoted)
			after = after[len(quoted):]
		} else {
			value, after, _ = strings.Cut(after, " ")
			after = " " + after
		}
		fields[strings.ToLower(name)] = value
		rest = strings.TrimLeft(after, " ")
	}
	return fields
}
