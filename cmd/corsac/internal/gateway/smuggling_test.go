package gateway_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/gateway"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// hidden is a whole request in another one. NN stands for the number of the case.
const hidden = "GET /NNsmuggled HTTP/1.1\r\nHost: x\r\n\r\n"

// malformed are requests that servers may read in different ways.
var malformed = []struct{ name, request string }{
	{"plain", "GET /NN HTTP/1.1\r\nHost: x\r\n\r\n"},
	{"length and chunks", "POST /NN HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden},
	{"chunks and length", "POST /NN HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 100\r\n\r\n0\r\n\r\n" + hidden},
	{"blank before the colon", "POST /NN HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + hidden},
	{"unknown coding", "POST /NN HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + hidden},
	{"coding twice", "POST /NN HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + hidden},
	{"coding in a list", "POST /NN HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + hidden},
	{"coding with a control character", "POST /NN HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: \x0bchunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + hidden},
	{"coding in a continued line", "POST /NN HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + hidden},
	{"chunks in HTTP/1.0", "POST /NN HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n0\r\n\r\n" + hidden},
	{"two lengths", "POST /NN HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 45\r\n\r\n" + hidden},
	{"lengths in a list", "POST /NN HTTP/1.1\r\nHost: x\r\nContent-Length: 0, 44\r\n\r\n" + hidden},
	{"length with a sign", "POST /NN HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello"},
	{"negative length", "POST /NN HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n" + hidden},
	{"length in hexadecimal digits", "POST /NN HTTP/1.1\r\nHost: x\r\nContent-Length: 0x5\r\n\r\nhello"},
	{"huge length", "POST /NN HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\nhello"},
	{"chunk size with 0x", "POST /NN HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n"},
	{"huge chunk", "POST /NN HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello\r\n0\r\n\r\n"},
	{"chunk longer than its size", "POST /NN HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nhello\r\n0\r\n\r\n" + hidden},
	{"chunk ends with LF", "POST /NN HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\n0\r\n\r\n" + hidden},
	{"CR in a name", "GET /NN HTTP/1.1\r\nHost: x\r\nX\rA: b\r\n\r\n"},
	{"CR in a value", "GET /NN HTTP/1.1\r\nHost: x\r\nX-A: b\rGET /NNsmuggled HTTP/1.1\r\n\r\n"},
	{"NUL in a value", "GET /NN HTTP/1.1\r\nHost: x\r\nX-A: b\x00c\r\n\r\n"},
	{"blank in a name", "GET /NN HTTP/1.1\r\nHost: x\r\nX A: b\r\n\r\n"},
	{"no name", "GET /NN HTTP/1.1\r\nHost: x\r\n: b\r\n\r\n"},
	{"no colon", "GET /NN HTTP/1.1\r\nHost: x\r\nnothing\r\n\r\n"},
	{"blank before the first name", "GET /NN HTTP/1.1\r\n Host: x\r\nHost: y\r\n\r\n"},
	{"two hosts", "GET /NN HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"},
	{"no host", "GET /NN HTTP/1.1\r\n\r\n"},
	{"host with a slash", "GET /NN HTTP/1.1\r\nHost: x/y\r\n\r\n"},
	{"two hosts in one", "GET /NN HTTP/1.1\r\nHost: x, y\r\n\r\n"},
	{"HTTP/0.9", "GET /NN\r\n\r\n"},
	{"HTTP/1.2", "GET /NN HTTP/1.2\r\nHost: x\r\n\r\n"},
	{"HTTP/3.0", "GET /NN HTTP/3.0\r\nHost: x\r\n\r\n"},
	{"blanks in the target", "GET /NN smuggled HTTP/1.1\r\nHost: x\r\n\r\n"},
	{"tab after the method", "GET\t/NN HTTP/1.1\r\nHost: x\r\n\r\n"},
	{"two blanks after the method", "GET  /NN HTTP/1.1\r\nHost: x\r\n\r\n"},
	{"method with a colon", "GE:T /NN HTTP/1.1\r\nHost: x\r\n\r\n"},
	{"NUL in the target", "GET /NN\x00 HTTP/1.1\r\nHost: x\r\n\r\n"},
	{"fragment", "GET /NN#b HTTP/1.1\r\nHost: x\r\n\r\n"},
	{"length named in Connection", "POST /NN HTTP/1.1\r\nHost: x\r\nConnection: Content-Length\r\nContent-Length: " + strconv.Itoa(len(hidden)) + "\r\n\r\n" + hidden},
	{"body of GET", "GET /NN HTTP/1.1\r\nHost: x\r\nContent-Length: " + strconv.Itoa(len(hidden)) + "\r\n\r\n" + hidden},
	{"unknown expectation", "GET /NN HTTP/1.1\r\nHost: x\r\nExpect: a-miracle\r\n\r\n"},
	{"two requests", "GET /NN HTTP/1.1\r\nHost: x\r\n\r\n" + hidden},
}

// reached is an upstream that notes the paths of the requests that it gets.
type reached struct {
	mu    sync.Mutex
	paths []string
}

// ServeHTTP implements [http.Handler].
func (u *reached) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.paths = append(u.paths, r.RequestURI)
	w.Header().Set("Content-Length", "0")
}

// of returns the paths of a case.
func (u *reached) of(path string) (paths []string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, p := range u.paths {
		if strings.HasPrefix(p, path) {
			paths = append(paths, p)
		}
	}
	return paths
}

// front is a gateway, with an upstream of its own.
type front struct {
	name, address string
	upstream      *reached
}

// fronts starts corsac, and nginx and HAProxy where they are installed.
func fronts(t *testing.T) []*front {
	t.Helper()
	upstream := func() (*reached, string) {
		u := &reached{}
		return u, startServer(t, u)
	}
	u, url := upstream()
	list := []*front{{"corsac", start(t, one(t, url), gateway.Options{}).address, u}}
	for name, config := range map[string]string{
		"nginx": "daemon off;\nmaster_process off;\npid DIR/pid;\nerror_log DIR/log;\nevents {}\nhttp {\naccess_log off;\nclient_body_temp_path DIR; proxy_temp_path DIR; fastcgi_temp_path DIR; uwsgi_temp_path DIR; scgi_temp_path DIR;\n" +
			"server { listen ADDRESS; location / { proxy_pass UPSTREAM; proxy_http_version 1.1; proxy_set_header Connection \"\"; } }\n}\n",
		"haproxy": "defaults\nmode http\ntimeout connect 5s\ntimeout client 5s\ntimeout server 5s\nfrontend f\nbind ADDRESS\ndefault_backend b\nbackend b\nserver s HOST\n",
	} {
		program := testenv.Program(t, "apt install "+name, name, "/usr/sbin/"+name)
		u, url := upstream()
		dir, address := t.TempDir(), testenv.FreeAddress(t)
		file := filepath.Join(dir, "conf")
		text := strings.NewReplacer("DIR", dir, "ADDRESS", address, "UPSTREAM", url, "HOST", strings.TrimPrefix(url, "http://")).Replace(config)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		command := []string{program, "-e", filepath.Join(dir, "log"), "-c", file}
		if name == "haproxy" {
			command = []string{program, "-db", "-f", file}
		}
		(&testenv.Server{Command: command, Dir: dir, Address: address}).Start(t)
		list = append(list, &front{name, address, u})
	}
	return list
}

// ask sends bytes to a gateway, and returns the statuses of its answers, and the paths
// that reached its upstream and begin with path. It is done when the connection ends,
// or when each request has an answer and no other comes for a while.
func (f *front) ask(t *testing.T, request, path string) (statuses []int, paths []string) {
	t.Helper()
	conn, err := net.Dial("tcp", f.address)
	if err != nil {
		t.Error(err)
		return nil, nil
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, request); err != nil {
		t.Error(err)
	}
	in := bufio.NewReader(conn)
	waits := 1 // for a first answer
	patience := time.Now().Add(2 * time.Second)
	for quiet := 0; quiet < 2; {
		_ = conn.SetReadDeadline(time.Now().Add(25 * time.Millisecond))
		if _, err := in.Peek(1); errors.Is(err, os.ErrDeadlineExceeded) {
			if quiet++; len(statuses) < max(len(f.upstream.of(path)), waits) && time.Now().Before(patience) {
				quiet = 0
			}
			continue
		} else if err != nil {
			break
		}
		_ = conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			break
		}
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			break
		}
		if res.StatusCode >= 200 {
			statuses, waits = append(statuses, res.StatusCode), 0
		}
		quiet = 0
	}
	return statuses, f.upstream.of(path)
}

// refused reports whether no answer is a success.
func refused(statuses []int) bool {
	return !slices.ContainsFunc(statuses, func(status int) bool { return status < 400 })
}

// TestBesideNginxAndHAProxy sends requests that servers may read in different ways to
// corsac, nginx and HAProxy. Corsac refuses what both refuse, a hidden request reaches
// the upstream only if that is one that follows on the connection, and each request
// that reaches it has an answer.
func TestBesideNginxAndHAProxy(t *testing.T) {
	list := fronts(t)
	for i, c := range malformed {
		path := fmt.Sprintf("/%02d", i)
		request := strings.ReplaceAll(c.request, "/NN", path)
		var wait sync.WaitGroup
		answers, paths := make([][]int, len(list)), make([][]string, len(list))
		for j, f := range list {
			wait.Go(func() { answers[j], paths[j] = f.ask(t, request, path) })
		}
		wait.Wait()
		refuse, pass, line := 0, 0, ""
		for j, f := range list {
			line += fmt.Sprintf(" %s %v %v;", f.name, answers[j], paths[j])
			if j > 0 && refused(answers[j]) {
				refuse++
			}
			if j > 0 && slices.Contains(paths[j], path+"smuggled") {
				pass++
			}
		}
		t.Logf("%s:%s", c.name, line)
		switch {
		case refuse == len(list)-1 && !refused(answers[0]):
			t.Errorf("%s: nginx and HAProxy refuse it, corsac does not", c.name)
		case slices.Contains(paths[0], path+"smuggled") && pass < len(list)-1:
			t.Errorf("%s: a hidden request reached the upstream", c.name)
		case len(paths[0]) > len(answers[0]):
			t.Errorf("%s: %d requests reached the upstream, with %d answers", c.name, len(paths[0]), len(answers[0]))
		}
	}
}
