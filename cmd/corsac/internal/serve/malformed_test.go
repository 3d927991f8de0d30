package serve_test

import (
	"bufio"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

var update = flag.Bool("update", false, "write the page about malformed requests")

// recorder is a server that keeps what it gets, by the name in it, and reads nothing
// that two servers may read in two ways.
type recorder struct {
	net.Listener

	mu   sync.Mutex
	seen map[string][]string
}

var caseName = regexp.MustCompile(`c\d{3}`)

func startRecorder(t *testing.T) *recorder {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	r := &recorder{Listener: l, seen: map[string][]string{}}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go r.serve(conn)
		}
	}()
	return r
}

// serve reads requests and answers them.
func (r *recorder) serve(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	for {
		head, body, err := readStrictly(in)
		if head == "" {
			return
		}
		line, _, _ := strings.Cut(head, "\r\n")
		text := strings.TrimSuffix(strings.TrimSuffix(line, " HTTP/1.1"), " HTTP/1.0")
		if body != "" {
			text += " " + strings.ReplaceAll(body, "\r\n", " ")
		}
		if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
			text += " (" + err.Error() + ")"
		}
		r.mu.Lock()
		if name := caseName.FindString(head + body); !errors.Is(err, io.ErrUnexpectedEOF) { // otherwise it has been cut off
			r.seen[name] = append(r.seen[name], text)
		}
		r.mu.Unlock()
		if err != nil {
			return
		}
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
	}
}

// readStrictly reads a request. An error says what makes it ambiguous.
func readStrictly(in *bufio.Reader) (head, body string, err error) {
	for !strings.HasSuffix(head, "\r\n\r\n") {
		b, err := in.ReadByte()
		if err != nil {
			return head, "", io.ErrUnexpectedEOF
		}
		head += string([]byte{b})
		if b == '\n' && !strings.HasSuffix(head, "\r\n") {
			return head, "", errors.New("a line ends with LF")
		}
	}
	var lengths, codings []string
	for line := range strings.SplitSeq(head, "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		switch strings.ToLower(name) {
		case "content-length":
			lengths = append(lengths, strings.TrimSpace(value))
		case "transfer-encoding":
			codings = append(codings, strings.TrimSpace(value))
		}
		if strings.ContainsAny(line, "\r\x00") || strings.HasPrefix(line, " ") {
			return head, "", fmt.Errorf("the line %q", line)
		}
	}
	switch {
	case len(lengths)+len(codings) > 1:
		return head, "", errors.New("two lengths")
	case len(codings) == 1 && strings.EqualFold(codings[0], "chunked"):
		body, err = readChunks(in)
		return head, body, err
	case len(codings) == 1:
		return head, "", fmt.Errorf("the coding %q", codings[0])
	case len(lengths) == 0:
		return head, "", nil
	}
	n, err := strconv.ParseUint(lengths[0], 10, 20)
	if err != nil {
		return head, "", fmt.Errorf("the length %q", lengths[0])
	}
	b := make([]byte, n)
	_, err = io.ReadFull(in, b)
	return head, string(b), unexpected(err)
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) || errors.As(err, new(*net.OpError)) {
		return io.ErrUnexpectedEOF
	}
	return err
}

var chunkSize = regexp.MustCompile(`^([0-9a-fA-F]{1,8})(;[ -~\t]*)?\r\n$`)

func readChunks(in *bufio.Reader) (body string, err error) {
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return body, unexpected(err)
		}
		m := chunkSize.FindStringSubmatch(line)
		if m == nil {
			return body, fmt.Errorf("the chunk size %q", line)
		}
		n, _ := strconv.ParseUint(m[1], 16, 32)
		if n == 0 {
			break
		}
		b := make([]byte, n+2)
		if _, err := io.ReadFull(in, b); err != nil {
			return body, unexpected(err)
		}
		if !bytes.HasSuffix(b, []byte("\r\n")) {
			return body, errors.New("a chunk without end")
		}
		body += string(b[:n])
	}
	for {
		line, err := in.ReadString('\n')
		if err != nil || line == "\r\n" {
			return body, unexpected(err)
		}
	}
}

// of returns what has been seen of a case.
func (r *recorder) of(name string) []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string{}, r.seen[name]...)
}

// subject is a proxy that gets the requests.
type subject struct {
	name, version, address string
	behind                 *recorder
}

// patience is how long the proxies wait for what does not come, and surplus how long a
// client waits for more answers than it needs. Neither decides what a proxy does that
// has got everything.
const (
	patience = "2s"
	surplus  = 100 * time.Millisecond
)

func startSubjects(t *testing.T) []subject {
	t.Helper()
	dir := t.TempDir()
	nginx := testenv.Program(t, "apt-get install nginx-light", "nginx", "/usr/sbin/nginx")
	haproxy := testenv.Program(t, "apt-get install haproxy", "haproxy", "/usr/sbin/haproxy")
	all := []subject{{name: "corsac"}, {name: "nginx"}, {name: "HAProxy"}}
	for i := range all {
		all[i].behind = startRecorder(t)
		all[i].address = testenv.FreeAddress(t)
	}
	behind := func(i int) string { return all[i].behind.Addr().String() }
	s := run(t, filepath.Join(dir, "corsac.yaml"), within(fileFor("http://"+behind(0), first, "127.0.0.1:0"),
		"  limits: {header_timeout: "+patience+", body_timeout: "+patience+", idle_timeout: "+patience+"}\n", "timeout: 20s"), nil)
	all[0].address = s.address()

	config := filepath.Join(dir, "nginx.conf")
	write(t, config, fmt.Sprintf(`
daemon off; pid %[1]s/nginx.pid; error_log %[1]s/error.log; events {}
http {
	access_log off; client_body_temp_path %[1]s; proxy_temp_path %[1]s; fastcgi_temp_path %[1]s; uwsgi_temp_path %[1]s; scgi_temp_path %[1]s;
	client_header_timeout %[4]s; client_body_timeout %[4]s; keepalive_timeout %[4]s; lingering_timeout %[4]s;
	server {
		listen %[2]s;
		location / { proxy_pass http://%[3]s; proxy_http_version 1.1; proxy_request_buffering off; }
	}
}`, dir, all[1].address, behind(1), patience))
	(&testenv.Server{Command: []string{nginx, "-p", dir, "-e", filepath.Join(dir, "error.log"), "-c", config}, Address: all[1].address}).Start(t)

	config = filepath.Join(dir, "haproxy.cfg")
	write(t, config, fmt.Sprintf(`
defaults
	mode http
	timeout connect 20s
	timeout server 20s
	timeout client %[3]s
	timeout tunnel %[3]s
	timeout http-request %[3]s
	timeout http-keep-alive %[3]s
frontend f
	bind %[1]s
	default_backend b
backend b
	server s %[2]s
`, all[2].address, behind(2), patience))
	(&testenv.Server{Command: []string{haproxy, "-db", "-f", config}, Address: all[2].address}).Start(t)
	all[1].version, all[2].version = version(t, nginx), version(t, haproxy)
	return all
}

// version returns the version that a program prints.
func version(t *testing.T, program string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), program, "-v").CombinedOutput()
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`\d+\.\d+\.\d+`).FindString(string(out))
}

// fill puts the bytes of a case together.
func fill(text, name string) string {
	var many strings.Builder
	if strings.Contains(text, "MANY") {
		for i := range 5000 {
			fmt.Fprintf(&many, "A%d: b\r\n", i)
		}
	}
	return strings.NewReplacer("ID", name, "LONG", strings.Repeat("l", 20<<10), "HUGE", strings.Repeat("h", 300<<10), "MANY", many.String()).Replace(text)
}

// exchange sends a case, and returns the statuses of the answers, of which there should
// be some number, or a refusal.
func (s *subject) exchange(t *testing.T, text string, answers int) (statuses []string) {
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", s.address)
	if err != nil {
		t.Error(err)
		return nil
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	go func() { _, _ = io.WriteString(conn, text) }() // which may fail, if the answer comes before the end
	in := bufio.NewReader(conn)
	for {
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			return statuses
		}
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			return statuses
		}
		if res.StatusCode >= 200 {
			statuses = append(statuses, strconv.Itoa(res.StatusCode))
		}
		if res.StatusCode >= 400 || len(statuses) >= answers {
			_ = conn.SetDeadline(time.Now().Add(surplus))
		}
	}
}

// outcome says what became of a case, for the page.
func outcome(f found, may, name string) string {
	switch {
	case len(f.seen) == 0 && len(f.statuses) == 0:
		return "closes"
	case len(f.seen) == 0:
		return strings.Join(f.statuses, ", ")
	case strings.Join(f.seen, "; ") == may:
		return "passes"
	case may != "" && strings.HasPrefix(may, strings.Join(f.seen, "; ")):
		return "passes the first"
	}
	texts := make([]string, len(f.seen))
	for i, text := range f.seen {
		if texts[i] = strconv.Quote(strings.ReplaceAll(text, name, "x")); len(texts[i]) > 60 {
			texts[i] = texts[i][:40] + `…"`
		}
	}
	return "passes `" + strings.Trim(strings.Join(texts, "`, `"), "`") + "`"
}

// found is what became of a case.
type found struct{ statuses, seen []string }

// refused reports whether no answer is a success.
func (f found) refused() bool {
	return !slices.ContainsFunc(f.statuses, func(status string) bool { return status < "400" })
}

// follows reports whether a request that follows in the bytes of a case was passed on.
func (f found) follows(name string) bool {
	return slices.ContainsFunc(f.seen, func(text string) bool { return strings.HasPrefix(text, "GET /"+name+"/s") })
}

// TestMalformed sends requests that servers may read in different ways to serve, nginx
// and HAProxy. The server behind serve must never see another request than the client
// sent, or another body, nor without an answer to the client. Serve refuses what both
// others refuse, and reads no more requests than both. docs/malformed.md has where the
// three differ.
func TestMalformed(t *testing.T) {
	subjects := startSubjects(t)
	results := make([][3]found, len(malformed))
	var all sync.WaitGroup
	room := make(chan struct{}, 24)
	for i, c := range malformed {
		if c.bytes == "" {
			continue
		}
		name := caseID(i)
		for j := range subjects {
			room <- struct{}{}
			all.Go(func() {
				defer func() { <-room }()
				s := &subjects[j]
				statuses := s.exchange(t, fill(c.bytes, name), strings.Count(c.may, "; ")+1)
				results[i][j] = found{statuses, s.behind.of(name)}
			})
		}
	}
	all.Wait()
	for i, c := range malformed {
		ours, nginx, haproxy := results[i][0], results[i][1], results[i][2]
		if may := fill(c.may, caseID(i)); !strings.HasPrefix(may+"; ", strings.Join(append(ours.seen, ""), "; ")) {
			t.Errorf("%s: the server behind corsac has seen %q, and the client sent %q", c.name, ours.seen, may)
		}
		if onlyLong := strings.Contains(c.bytes, "LONG"); c.bytes != "" && !onlyLong && nginx.refused() && haproxy.refused() && !ours.refused() {
			t.Errorf("%s: nginx and HAProxy refuse it, corsac answers %q", c.name, ours.statuses)
		}
		if ours.follows(caseID(i)) && !(nginx.follows(caseID(i)) && haproxy.follows(caseID(i))) {
			t.Errorf("%s: only corsac reads a second request: %q, %q, %q", c.name, ours.seen, nginx.seen, haproxy.seen)
		}
		if len(ours.seen) > len(ours.statuses) {
			t.Errorf("%s: the server behind corsac has seen %q, and the client %q", c.name, ours.seen, ours.statuses)
		}
	}
	if len(subjects[0].behind.of("")) > 0 {
		t.Errorf("the server behind corsac has seen %q", subjects[0].behind.of(""))
	}
	checkPage(t, subjects, results)
}

// caseID returns the name of a case in its requests.
func caseID(i int) string { return fmt.Sprintf("c%03d", i) }

// checkPage compares the page about malformed requests with what has been found. With
// other versions of the others, only what corsac does must be on it.
func checkPage(t *testing.T, subjects []subject, results [][3]found) {
	t.Helper()
	const begin = "<!-- found by TestMalformed -->\n"
	file := filepath.Join("..", "..", "..", "..", "docs", "malformed.md")
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, old, ok := strings.Cut(string(page), begin)
	if !ok {
		t.Fatalf("%s lacks %q", file, begin)
	}
	versions := fmt.Sprintf("nginx %s and HAProxy %s", subjects[1].version, subjects[2].version)
	var b strings.Builder
	fmt.Fprintf(&b, "\nBeside %s.\n", versions)
	alike := 0
	for i, c := range malformed {
		var r [3]string
		for j, f := range results[i] {
			r[j] = outcome(f, fill(c.may, caseID(i)), caseID(i))
		}
		switch {
		case c.bytes == "":
			fmt.Fprintf(&b, "\n##%s\n\n| request | corsac | nginx | HAProxy |\n|---|---|---|---|\n", c.name)
		case r[0] == r[1] && r[0] == r[2]:
			alike++
		default:
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", c.name, r[0], r[1], r[2])
		}
	}
	fmt.Fprintf(&b, "\nOf %d more requests, all three make the same.\n", alike)
	if *update {
		write(t, file, before+begin+b.String())
		return
	}
	if b.String() == old {
		return
	}
	if !strings.Contains(old, versions) {
		t.Logf("%s is about other versions than %s", file, versions)
		return
	}
	t.Errorf("run go test -run Malformed -update if this is right:\n%s", b.String())
}
