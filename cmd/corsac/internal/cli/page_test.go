package cli_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

// page is the program "page STATUS [METHOD PATH]...", the server of a page that corsac
// dev starts in tests. It prints its address, sends requests to $DEV once that answers,
// prints the answers, and ends with the status. "page stay" does not end.
func page() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	status := 0
	if err == nil {
		go func() { _ = http.Serve(l, http.HandlerFunc(servePage)) }()
		fmt.Printf("  Local:   http://%s/\n", l.Addr())
		if os.Args[1] == "stay" {
			select {}
		}
		status, err = strconv.Atoi(os.Args[1])
	}
	if err == nil {
		err = sendAll(os.Args[2:])
	}
	if err != nil {
		fmt.Println(err)
		status = 99
	}
	os.Exit(status)
}

func servePage(w http.ResponseWriter, r *http.Request) {
	fmt.Fprintf(w, "the page at %s", r.URL.Path)
}

// sendAll sends requests, each a method and a path, and prints the answers.
func sendAll(requests []string) error {
	for i := 0; i+1 < len(requests); i += 2 {
		r, err := http.NewRequest(requests[i], "http://"+os.Getenv("DEV")+requests[i+1], nil)
		if err != nil {
			return err
		}
		res, err := send(r)
		if err != nil {
			fmt.Printf("%s %s: no answer\n", requests[i], requests[i+1])
			continue
		}
		body, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err != nil {
			return err
		}
		answer := strings.TrimSpace(res.Status[:3] + " " + string(body))
		fmt.Printf("%s %s: %s\n", requests[i], requests[i+1], answer)
	}
	return nil
}

// send sends a request as soon as something listens.
func send(r *http.Request) (*http.Response, error) {
	client := http.Client{Timeout: 10 * time.Second}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		res, err := client.Do(r)
		if err == nil || time.Now().After(deadline) || !strings.Contains(err.Error(), "refused") {
			return res, err
		}
	}
}
