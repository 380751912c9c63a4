Console.WriteLine("usage: dotnet run -c Release --project tests/WsIngress.Bench -- routing");
