// Reads GreetEach with Go's gRPC client, which knows no proto file: main HOST:PORT.
package main

import (
	"context"
	"log"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
)

const method = "/greeting.v1.GreetingService/GreetEach"

// raw passes messages on as bytes.
type raw struct{}

func (raw) Marshal(message any) ([]byte, error) { return *message.(*[]byte), nil }
func (raw) Unmarshal(bytes []byte, message any) error {
	*message.(*[]byte) = bytes
	return nil
}
func (raw) Name() string { return "proto" }

// read counts the messages that arrive, and returns the status that follows.
func read(connection *grpc.ClientConn, names []string, cancelAfter int, timeout time.Duration) (int, codes.Code) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	var request []byte
	for _, name := range names {
		request = append(append(request, 0x0a, byte(len(name))), name...)
	}
	stream, err := connection.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, method, grpc.ForceCodec(raw{}))
	if err == nil {
		err = stream.SendMsg(&request)
	}
	if err == nil {
		err = stream.CloseSend()
	}
	messages := 0
	for err == nil {
		var message []byte
		if err = stream.RecvMsg(&message); err == nil {
			messages++
		}
		if messages == cancelAfter {
			cancel()
		}
	}
	if err.Error() == "EOF" {
		return messages, codes.OK
	}
	return messages, status.Code(err)
}

func main() {
	connection, err := grpc.NewClient("passthrough:///"+os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	many := make([]string, 1000)
	for i := range many {
		many[i] = "Ada"
	}
	expect := func(names []string, cancelAfter int, timeout time.Duration, least, most int, code codes.Code) {
		messages, actual := read(connection, names, cancelAfter, timeout)
		if actual != code || messages < least || messages > most {
			log.Fatalf("%d messages and %s, not %d to %d and %s", messages, actual, least, most, code)
		}
	}
	expect([]string{"Ada", "Bob"}, -1, 20*time.Second, 2, 2, codes.OK)
	expect([]string{"Ada", ""}, -1, 20*time.Second, 1, 1, codes.InvalidArgument)
	expect(many, 2, 20*time.Second, 2, 2, codes.Canceled)
	expect(many, -1, 500*time.Millisecond, 1, 999, codes.DeadlineExceeded)
}
