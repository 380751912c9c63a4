using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using WsIngress.Transport.Loops;
using WsIngress.Transport.Tls;

namespace WsIngress.Bench;

/// <summary>
/// CPU of the server's thread for TLS over loopback: the transport's sessions and SslStream in turns, with one client for both. What a handshake
/// costs the server is counted from the accepted socket to the disposed session; connecting and accepting are not.
/// </summary>
internal static class TlsBench
{
    private const int Rounds = 5;
    private const int ThreadCpuClock = 3;

    public static int Run(int handshakes)
    {
        if (!OpenSsl.IsAvailable)
        {
            Console.Error.WriteLine(OpenSsl.Unavailable);
            return 1;
        }

        Console.WriteLine($"{OpenSsl.Version}; CPU of the server's thread, median of {Rounds} rounds of {handshakes:N0}");
        foreach (var algorithm in new[] { "ECDSA P-256", "RSA 2048" })
        {
            using var pair = Certificate(algorithm.StartsWith("RSA", StringComparison.Ordinal));
            using var certificate = TlsCertificate.FromPem(pair.ExportCertificatePem(), Key(pair));
            foreach (var resumed in new[] { false, true })
            {
                Compare($"handshake, {algorithm}, {(resumed ? "resumed" : "full")}", handshakes, new IServing[]
                {
                    new Session(certificate, 1, resumed), new Session(certificate, 2, resumed), new Stream(pair, resumed),
                });
            }
        }

        return RunMessages(20 * handshakes);
    }

    public static int RunMessages(int messages)
    {
        using var own = Certificate(rsa: false);
        using var used = TlsCertificate.FromPem(own.ExportCertificatePem(), Key(own));
        Compare("64-byte message in and out", messages, [new Session(used, 1, false) { Messages = true }, new Stream(own, false) { Messages = true }]);
        return 0;
    }

    private static void Compare(string what, int count, IServing[] ways)
    {
        var figures = ways.ToDictionary(way => way.Name, _ => new double[Rounds]);
        foreach (var way in ways)
        {
            way.Measure(count / 10);
        }

        for (var round = 0; round < Rounds; round++)
        {
            foreach (var way in ways)
            {
                figures[way.Name][round] = way.Measure(count);
            }
        }

        var stream = Figures.Percentile(figures[ways[^1].Name], 0.5);
        foreach (var way in ways)
        {
            var median = Figures.Percentile(figures[way.Name], 0.5);
            Figures.Print($"{what}: {way.Name}", $"{median,8:0.00} µs  {median / stream:0.00} × SslStream");
            way.Dispose();
        }
    }

    private static X509Certificate2 Certificate(bool rsa)
    {
        using AsymmetricAlgorithm key = rsa ? RSA.Create(2048) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = key is RSA own ? new CertificateRequest("CN=bench", own, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1) : new CertificateRequest("CN=bench", (ECDsa)key, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null, X509KeyStorageFlags.Exportable);
    }

    private static string Key(X509Certificate2 pair) =>
        pair.GetRSAPrivateKey() is { } rsa ? rsa.ExportPkcs8PrivateKeyPem() : pair.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem();

    [DllImport("libc")]
    private static extern int clock_gettime(int clock, out Timespec time);

    internal static double ThreadCpuMicroseconds()
    {
        _ = clock_gettime(ThreadCpuClock, out var time);
        return (time.Seconds * 1e6) + (time.Nanoseconds / 1e3);
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    private interface IServing : IDisposable
    {
        string Name { get; }

        /// <summary>Microseconds each.</summary>
        double Measure(int count);
    }

    /// <summary>One client and one listener; the subclass serves.</summary>
    private abstract class Serving : IServing
    {
        private readonly TlsClient _client = new(new());
        private readonly bool _resumed;
        private static int _name;
        private int _connections;

        protected Serving(bool resumed)
        {
            _resumed = resumed;
        }

        public abstract string Name { get; }

        public bool Messages { get; init; }

        public double Measure(int count)
        {
            using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
            listener.Bind(new IPEndPoint(IPAddress.IPv6Loopback, 0));
            listener.Listen(16);
            double cpu = 0;
            var server = new Thread(() =>
            {
                for (var i = 0; i < (Messages ? 1 : count); i++)
                {
                    using var socket = listener.Accept();
                    socket.NoDelay = true;
                    var started = ThreadCpuMicroseconds();
                    Serve(socket, Messages ? count : 1, ref started);
                    cpu += ThreadCpuMicroseconds() - started;
                }
            });
            server.Start();
            for (var i = 0; i < (Messages ? 1 : count); i++)
            {
                Ask((IPEndPoint)listener.LocalEndPoint!, Messages ? count : 1);
            }

            server.Join();
            return cpu / count;
        }

        public virtual void Dispose() => _client.Dispose();

        /// <param name="socket">Accepted.</param>
        /// <param name="messages">To read and answer.</param>
        /// <param name="started">Set anew once the handshake is done if messages are what is measured.</param>
        protected abstract void Serve(Socket socket, int messages, ref double started);

        protected static int Wait(Socket socket, Func<int> step)
        {
            while (true)
            {
                int result = step();
                if (result > 0)
                {
                    return result;
                }

                if (result is not (IoResult.WantRead or IoResult.WantWrite))
                {
                    throw new IOException($"ended: {result}");
                }

                socket.Poll(-1, result == IoResult.WantRead ? SelectMode.SelectRead : SelectMode.SelectWrite);
            }
        }

        /// <summary>A name that was never asked for has no session to resume.</summary>
        private string Host() => _resumed ? "bench" : $"bench-{Interlocked.Increment(ref _name)}";

        private void Ask(IPEndPoint endPoint, int messages)
        {
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Connect(endPoint);
            socket.Blocking = false;
            using var session = _client.Connect((int)socket.Handle, Host());
            Wait(socket, session.Handshake);
            var message = new byte[64];
            for (var i = 0; i < messages; i++)
            {
                _ = session.Write(message);
                Wait(socket, () => session.Read(message));
            }

            if (session.IsResumed != (_resumed && _connections++ > 0))
            {
                throw new InvalidOperationException($"{Name}: the session was not resumed");
            }
        }
    }

    private sealed class Session(TlsCertificate certificate, int tickets, bool resumed) : Serving(resumed)
    {
        private readonly TlsServer _server = new(_ => certificate, new TlsServerOptions { TicketCount = tickets });

        public override string Name => $"transport, {tickets} ticket{(tickets > 1 ? "s" : "")}";

        public override void Dispose()
        {
            _server.Dispose();
            base.Dispose();
        }

        protected override void Serve(Socket socket, int messages, ref double started)
        {
            socket.Blocking = false;
            using var session = _server.Accept((int)socket.Handle);
            Wait(socket, session.Handshake);
            if (Messages)
            {
                started = ThreadCpuMicroseconds();
            }

            var message = new byte[64];
            for (var i = 0; i < messages; i++)
            {
                if (!session.HasPending)
                {
                    socket.Poll(-1, SelectMode.SelectRead);
                }

                Wait(socket, () => session.Read(message));
                _ = session.Write(message);
            }
        }
    }

    private sealed class Stream(X509Certificate2 certificate, bool resumed) : Serving(resumed)
    {
        private readonly SslStreamCertificateContext _context = SslStreamCertificateContext.Create(certificate, null, offline: true);

        public override string Name => "SslStream";

        protected override void Serve(Socket socket, int messages, ref double started)
        {
            using var stream = new SslStream(new NetworkStream(socket));
            stream.AuthenticateAsServer(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = _context,
                ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
                EnabledSslProtocols = System.Security.Authentication.SslProtocols.Tls12 | System.Security.Authentication.SslProtocols.Tls13,
                AllowRenegotiation = false,
            });
            if (Messages)
            {
                started = ThreadCpuMicroseconds();
            }

            var message = new byte[64];
            for (var i = 0; i < messages; i++)
            {
                if (i > 0)
                {
                    // As before the other's reads; the first message may have come with the end of the handshake.
                    socket.Poll(-1, SelectMode.SelectRead);
                }

                stream.ReadExactly(message);
                stream.Write(message);
            }
        }
    }
}
