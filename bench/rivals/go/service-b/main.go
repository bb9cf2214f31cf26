// Service B with net/http and grpc-go: calls Service A for each request.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	greetingv1 "my-app/bench/go/gen/greeting/v1"
)

type greeting struct {
	Message string `json:"message"`
}

type ping struct {
	Message  string   `json:"message"`
	ServiceA greeting `json:"service_a"`
}

func main() {
	credentials := grpc.WithTransportCredentials(insecure.NewCredentials())
	connection, err := grpc.NewClient(os.Getenv("SERVICE_A_GRPC_ADDRESS"), credentials)
	if err != nil {
		log.Fatal(err)
	}
	client := greetingv1.NewGreetingServiceClient(connection)

	http.HandleFunc("GET /ping_service_a", func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), time.Second)
		defer cancel()
		answer, err := client.Greet(ctx, &greetingv1.GreetRequest{})
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(ping{"Hello from Service B!", greeting{answer.Message}})
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("HTTP_PORT"), nil))
}
