// Service A with net/http and grpc-go: a greeting over HTTP and over gRPC.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net"
	"net/http"
	"os"

	"google.golang.org/grpc"

	greetingv1 "my-app/bench/go/gen/greeting/v1"
)

const message = "Hello from Service A!"

type greetingService struct {
	greetingv1.UnimplementedGreetingServiceServer
}

func (greetingService) Greet(context.Context, *greetingv1.GreetRequest) (*greetingv1.GreetResponse, error) {
	return &greetingv1.GreetResponse{Message: message}, nil
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("GRPC_PORT"))
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer()
	greetingv1.RegisterGreetingServiceServer(server, greetingService{})
	go func() { log.Fatal(server.Serve(listener)) }()

	http.HandleFunc("GET /greeting", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]string{"message": message})
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("HTTP_PORT"), nil))
}
