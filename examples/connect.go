package examples

import (
	"context"
	"errors"
	"net/http"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/corsac-dev/corsac/cors"
)

// RPC is a policy for a page that calls procedures by Connect or gRPC-Web: the
// headers are those that the two protocols use.
func RPC(origins ...string) cors.Policy {
	return cors.Policy{
		AllowOrigins:  origins,
		AllowHeaders:  []string{"Content-Type", "Connect-Protocol-Version", "Connect-Timeout-Ms", "Grpc-Timeout", "X-Grpc-Web", "X-User-Agent"},
		ExposeHeaders: []string{"Grpc-Status", "Grpc-Message", "Grpc-Status-Details-Bin"},
	}
}

// Connect returns a server of connect-go, whose handlers speak Connect, gRPC and
// gRPC-Web. A generated handler takes the place of this one.
func Connect(policy *cors.Middleware) http.Handler {
	mux := http.NewServeMux()
	mux.Handle(procedure, connect.NewUnaryHandler(procedure, echoText, connect.WithRecover(recovered)))
	return policy.Wrap(mux)
}

const procedure = "/example.v1.EchoService/Echo"

func echoText(_ context.Context, r *connect.Request[wrapperspb.StringValue]) (*connect.Response[wrapperspb.StringValue], error) {
	switch r.Msg.GetValue() {
	case "":
		return nil, connect.NewError(connect.CodeInvalidArgument, nil)
	case "panic":
		panic("a mistake")
	}
	return connect.NewResponse(r.Msg), nil
}

// recovered makes a panic an error that pages can read. Without it, the connection is
// closed.
func recovered(context.Context, connect.Spec, http.Header, any) error {
	return connect.NewError(connect.CodeInternal, errors.New("a panic"))
}
