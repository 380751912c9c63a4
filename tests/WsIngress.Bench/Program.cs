using System.Globalization;
using WsIngress.Bench;
using WsIngress.Bench.Comparison;
using WsIngress.Bench.Load;
using WsIngress.Bench.Pods;
using WsIngress.Bench.Proxies;

// Every figure is for this machine in this run. Only `data-plane` has peers beside it, and so ratios that hold elsewhere.
return args switch
{
    ["routing"] => RoutingBench.Run(),
    ["follow", .. var rest] => await FollowBench.RunAsync(rest.Length > 0 ? int.Parse(rest[0]) : 10_000),
    ["control-plane", .. var rest, "--writers"] => await ControlPlaneBench.RunAsync(rest.Length > 0 ? int.Parse(rest[0]) : 10_000, writers: true),
    ["control-plane", .. var rest] => await ControlPlaneBench.RunAsync(rest.Length > 0 ? int.Parse(rest[0]) : 10_000, writers: false),
    ["relay", .. var rest] => await RelayBench.RunAsync(rest.Length > 0 ? int.Parse(rest[0]) : 20_000),
    ["data-plane", .. var rest] => DataPlaneBench.Run(rest),
    ["collections", .. var rest] => CollectionsBench.Run(rest),
    ["keep-alive", .. var rest] => KeepAliveBench.Run(rest),
    ["pauses", .. var rest] => PausesBench.Run(rest),
    ["soak", .. var rest] => SoakBench.Run(rest.Length > 0 ? double.Parse(rest[0], CultureInfo.InvariantCulture) : 30, rest.Length > 0 ? rest[1..] : []),
    ["table", var file, .. var document] => TableCommand.Run(file, document),

    // Processes that data-plane starts.
    ["bench-load", .. var rest] => LoadClient.Run(rest),
    ["bench-echo", .. var rest] => EchoPod.Run(rest),
    ["bench-bare", .. var rest] => BareRelay.Run(rest),
    ["bench-yarp", .. var rest] => PlainYarp.Run(rest),
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
          data-plane [..]  wsingress beside nginx, HAProxy and plain YARP: CPU, memory, handshakes, latency; its options with --help
          collections [--quick] [--wsingress PATH] [--wsingress-args ARGS]  garbage collections of wsingress while 1,000,000 messages pass
          keep-alive [--wsingress PATH]  CPU of wsingress while 10,000 sockets idle, without and with Pings of its own
          pauses [--wsingress PATH]  how long everything waits for the garbage collector when many sockets come, and when what they leave is given back
          soak [MINUTES] [--wsingress PATH] [--wsingress-args ARGS]  30 minutes of sockets that talk beside others that come and go: what is lost, what grows
          table FILE [DOCUMENT]  the result of `data-plane --json FILE` as Markdown; into the document, between its marks, when one is named
        """);
    return 2;
}
