package cli_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/testenv"
)

const (
	large     = 1 << 30
	maxGrowth = 64 << 10 // KiB
)

// zeros never ends.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// TestDevMemory checks that corsac dev, which records, has no more memory after a
// large upload and a large download than before.
func TestDevMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("it moves 4 GiB")
	}
	testenv.NoRace(t, "it moves 4 GiB")
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("this system does not say how much memory a process has")
	}
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost:
			n, err := io.Copy(io.Discard, r.Body)
			fmt.Fprint(w, n, err)
			return
		case r.URL.Path == "/sized":
			w.Header().Set("Content-Length", strconv.Itoa(large))
		case r.URL.Path == "/small":
			return
		}
		_, _ = io.CopyN(w, zeros{}, large)
	}))
	defer api.Close()
	url, pid := startDev(t, "--api", api.URL, "--har", filepath.Join(t.TempDir(), "all.har"))
	transfer := func(method, path string, body io.Reader, length int64) (n int64, text string) {
		r, err := http.NewRequestWithContext(t.Context(), method, url+path, body)
		if err != nil {
			t.Fatal(err)
		}
		r.ContentLength = length
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		first, err := io.ReadAll(io.LimitReader(res.Body, 100))
		if err != nil {
			t.Fatal(err)
		}
		n, err = io.Copy(io.Discard, res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return n + int64(len(first)), string(first)
	}
	for range 100 {
		transfer("GET", "/small", nil, 0)
	}
	before := memory(t, pid, "VmRSS")
	began := time.Now()
	for _, path := range []string{"/sized", "/chunked"} {
		if n, _ := transfer("GET", path, nil, 0); n != large {
			t.Errorf("%s: %d bytes", path, n)
		}
	}
	for _, length := range []int64{large, -1} {
		if _, text := transfer("POST", "/", io.LimitReader(zeros{}, large), length); text != fmt.Sprint(large, error(nil)) {
			t.Errorf("an upload: %s", text)
		}
	}
	peak := memory(t, pid, "VmHWM")
	t.Logf("%d KiB before, %d KiB at most; %.1f s", before, peak, time.Since(began).Seconds())
	if peak-before > maxGrowth {
		t.Errorf("%d KiB before, %d KiB at most", before, peak)
	}
}

// startDev starts corsac dev as a process, and returns its URL and id.
func startDev(t *testing.T, args ...string) (url string, pid int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "corsac", append([]string{"dev", "--listen", "127.0.0.1:0", "--log-format", "json"}, args...)...)
	output := new(testenv.Log)
	cmd.Stderr = output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return output.Wait(t, `"msg":"listening","address":"([^"]+)"`)[1], cmd.Process.Pid
}

// memory returns a field of the status of a process, in KiB.
func memory(t *testing.T, pid int, field string) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(field + `:\s+(\d+) kB`).FindSubmatch(text)
	if found == nil {
		t.Fatalf("no %s in:\n%s", field, text)
	}
	n, err := strconv.Atoi(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
