package firefox

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
)

// marionette is a connection to Firefox's remote control. Messages are JSON
// after their length: [0, ID, COMMAND, PARAMETERS] to Firefox, and [1, ID,
// ERROR, RESULT] from it.
type marionette struct {
	conn net.Conn
	br   *bufio.Reader
	last int
}

// maxMessage bounds a message.
const maxMessage = 64 << 20

// dialMarionette connects to a loopback port. The connection ends with ctx.
func dialMarionette(ctx context.Context, port string) (*marionette, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", "127.0.0.1:"+port)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { _ = conn.Close() })
	m := &marionette{conn: conn, br: bufio.NewReader(conn)}
	if _, err := m.receive(); err != nil { // its greeting
		return nil, errors.Join(err, conn.Close())
	}
	return m, nil
}

func (m *marionette) receive() ([]byte, error) {
	text, err := m.br.ReadString(':')
	if err != nil {
		return nil, err
	}
	length, err := strconv.Atoi(strings.TrimSuffix(text, ":"))
	if err != nil || length < 0 || length > maxMessage {
		return nil, fmt.Errorf("a message of %q", text)
	}
	message := make([]byte, length)
	_, err = io.ReadFull(m.br, message)
	return message, err
}

// call runs a command.
func (m *marionette) call(command string, parameters any) (json.RawMessage, error) {
	m.last++
	message, err := json.Marshal([]any{0, m.last, command, parameters})
	if err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintf(m.conn, "%d:%s", len(message), message); err != nil {
		return nil, err
	}
	if message, err = m.receive(); err != nil {
		return nil, err
	}
	var reply [4]json.RawMessage
	if err := json.Unmarshal(message, &reply); err != nil {
		return nil, err
	}
	if string(reply[2]) != "null" {
		return nil, fmt.Errorf("%s: %s", command, reply[2])
	}
	return reply[3], nil
}

// Await runs the body of an async function, and stores what it returns, as JSON, in
// into.
func (b *Browser) Await(where Context, body string, into any) error {
	if err := b.enter(where); err != nil {
		return err
	}
	const script = `const done = arguments[arguments.length - 1];
(async () => { %s })().then((v) => done(JSON.stringify({value: v})), (e) => done(JSON.stringify({error: e + "\n" + e.stack})));`
	parameters := map[string]any{"script": fmt.Sprintf(script, body), "args": []any{}}
	if where == process {
		parameters["sandbox"] = "system" // the name of the one with these rights
	}
	raw, err := b.remote.call("WebDriver:ExecuteAsyncScript", parameters)
	if err != nil {
		return err
	}
	var text struct{ Value string }
	if err := json.Unmarshal(raw, &text); err != nil {
		return err
	}
	result := struct {
		Value any
		Error string
	}{Value: into}
	if err := json.Unmarshal([]byte(text.Value), &result); err != nil {
		return err
	}
	if result.Error != "" {
		return errors.New(result.Error)
	}
	return nil
}
