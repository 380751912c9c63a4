using WsIngress.Bench;

// Every figure is for this machine in this run. Ratios to other proxies need them beside it; these benches have no peer.
return args switch
{
    ["routing"] => RoutingBench.Run(),
    ["follow", .. var rest] => await FollowBench.RunAsync(rest.Length > 0 ? int.Parse(rest[0]) : 10_000),
    ["control-plane", .. var rest, "--writers"] => await ControlPlaneBench.RunAsync(rest.Length > 0 ? int.Parse(rest[0]) : 10_000, writers: true),
    ["control-plane", .. var rest] => await ControlPlaneBench.RunAsync(rest.Length > 0 ? int.Parse(rest[0]) : 10_000, writers: false),
    ["relay", .. var rest] => await RelayBench.RunAsync(rest.Length > 0 ? int.Parse(rest[0]) : 20_000),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("""
        usage: dotnet run -c Release --project tests/WsIngress.Bench -- BENCH
          routing          build and match a table of 10,000 hosts x 2 paths; bytes allocated per match
          follow [N]       a folder of N Ingresses (10,000): from the quiet after a new file to its route being served
          control-plane [N] [--writers]  the controller over an API server with N Ingresses, N Services, 2 N EndpointSlices (10,000): ready, memory,
                           changes to traffic; with --writers as the leader that writes status and Events
          relay [N]        N messages (20,000) through the stream relay on loopback: CPU and bytes allocated per message
        """);
    return 2;
}
