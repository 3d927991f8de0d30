package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

// TestSoakIdle keeps thousands of connections open, each after a request, and logs what
// one costs. Meanwhile, the gateway answers; afterwards, nothing is left of them.
func TestSoakIdle(t *testing.T) {
	_ = testenv.SoakTime(t, time.Second)
	n := 150
	if longSoak() {
		n = testenv.Rounds(10_000, 2_000) // under the race detector, some would be idle for too long
	}
	for _, secure := range []bool{false, true} {
		t.Run(map[bool]string{false: "http", true: "https"}[secure], func(t *testing.T) { soakIdle(t, secure, n) })
	}
}

func soakIdle(t *testing.T, secure bool, n int) {
	t.Helper()
	url := faults[0].start(t)
	dir, more := t.TempDir(), ""
	if secure {
		(&soaked{t: t, dir: dir}).certificate(1)
		more = "  tls: {certificates: [{cert: cert.pem, key: key.pem}]}\n"
	}
	quiet := soakFile("", more, soakRoute("quiet", "http://"+testenv.FreeAddress(t)))
	g := soakGateway(t, nil, dir, quiet)
	before := g.figures()
	g.reload(soakFile("", more, soakRoute("healthy", url)))
	c := newCounts()
	request := soakRequest(http.MethodGet, "/healthy", "", "")
	clients := make([]*soakClient, n)
	var wait sync.WaitGroup
	for worker := range 8 {
		wait.Go(func() {
			for i := worker; i < n; i += 8 {
				clients[i] = &soakClient{counts: c, address: g.address, secure: secure, serials: &sync.Map{}}
				clients[i].send("healthy", request)
			}
		})
	}
	wait.Wait()
	full := g.figures()
	memory := full.one("process_resident_memory_bytes") - before.one("process_resident_memory_bytes")
	t.Logf("%d idle connections: %v descriptors, %v goroutines, %.1f MiB of memory, %.1f KiB each",
		n, full.one("process_open_fds"), full.one("go_goroutines"), full.one("process_resident_memory_bytes")/(1<<20), memory/1024/float64(n))
	if int(full.one("process_open_fds")) < n {
		t.Error("connections have closed")
	}
	for i := 0; i < n; i += 97 {
		clients[i].send("healthy", request)
	}
	for _, client := range clients {
		client.close()
	}
	checkOutcomes(t, c, map[string]string{"healthy": "200"})
	g.checkCounts(c, 0)
	g.reload(quiet)
	g.checkLeft(before)
	g.stop()
}

// TestSoakDescriptors takes all descriptors from corsac serve. It waits until it has
// some again, without using up a processor; who has a connection is served; and then
// everything is as before.
func TestSoakDescriptors(t *testing.T) {
	_ = testenv.SoakTime(t, time.Second)
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip(err)
	}
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip(err)
	}
	t.Run("https", func(t *testing.T) { soakDescriptors(t, true) })
	if longSoak() { // net/http accepts connections
		t.Run("http", func(t *testing.T) { soakDescriptors(t, false) })
	}
}

func soakDescriptors(t *testing.T, secure bool) {
	t.Helper()
	url := faults[0].start(t)
	dir, more := t.TempDir(), ""
	if secure {
		(&soaked{t: t, dir: dir}).certificate(1)
		more = "  tls: {certificates: [{cert: cert.pem, key: key.pem}]}\n"
	}
	text := func(i int) string { return soakFile(fmt.Sprintf(", max_age: %d", i), more, soakRoute("healthy", url)) }
	g := soakGateway(t, []string{"sh", "-c", `ulimit -n 64 && exec "$0" "$@"`}, dir, text(0))
	c := newCounts()
	client := &soakClient{counts: c, address: g.address, secure: secure, serials: &sync.Map{}}
	defer client.close()
	client.send("healthy", soakRequest(http.MethodGet, "/healthy", "", ""))
	before := g.figures()
	var held []net.Conn
	for range 150 { // more than it may have; the system keeps the rest
		conn, err := net.DialTimeout("tcp", g.address, 10*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, conn)
	}
	if !soakAwait(func() bool { return g.log.has("too many open files") }) {
		t.Error("the log does not say that descriptors are used up")
	}
	used := processorTime(t, g.Process.Pid)
	for range 20 {
		client.send("healthy", soakRequest(http.MethodPost, "/healthy", "", "hello"))
		client.send("healthy preflight", preflight("/healthy"))
		time.Sleep(50 * time.Millisecond)
	}
	if used = processorTime(t, g.Process.Pid) - used; used > 500*time.Millisecond {
		t.Errorf("without descriptors, it used %v of a processor in a second", used)
	}
	g.write("corsac.yaml", text(1)) // which it cannot read
	time.Sleep(300 * time.Millisecond)
	for _, conn := range held {
		_ = conn.Close()
	}
	if !soakAwait(func() bool { return g.status().Hash == hashOf(text(1)) }) {
		t.Errorf("the file as it is does not run: %+v", g.status())
	}
	fresh := &soakClient{counts: c, address: g.address, secure: secure, serials: &sync.Map{}}
	fresh.send("healthy", soakRequest(http.MethodGet, "/healthy", "", ""))
	fresh.close()
	checkOutcomes(t, c, map[string]string{"healthy": "200"})
	g.checkCounts(c, 0)
	c.log(t)
	t.Logf("without descriptors, it used %v of a processor in a second", used)
	g.checkLeft(before)
	g.stop()
}

// processorTime returns how long a process has used processors.
func processorTime(t *testing.T, pid int) time.Duration {
	t.Helper()
	file, err := os.Open("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	text, err := io.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), ") ") // after the name
	fields := strings.Fields(rest)
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}
