using System.Security.Cryptography;
using k8s;
using Microsoft.Extensions.Logging;

namespace WsIngress.Cluster;

/// <summary>
/// The client for the API server, made anew when one of its files changed (a CA, a client certificate, a kubeconfig), and after a refusal
/// that a rotation would explain. Files are compared by content, at most every few seconds: mounted ones are swapped behind links.
/// </summary>
internal sealed class ClusterConfiguration : IDisposable
{
    private static readonly TimeSpan Check = TimeSpan.FromSeconds(5);

    /// <summary>The same complaint about a file is logged again after this.</summary>
    private static readonly TimeSpan Repeat = TimeSpan.FromMinutes(5);

    private readonly IConnectionFiles _files;
    private readonly ConnectionOptions _connections;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly LogGate _unreadable;
    private readonly Lock _gate = new();
    private Kubernetes _client;

    /// <summary>The one before: its watches run on for a while.</summary>
    private Kubernetes? _retired;
    private string _fingerprint;
    private long _checkedAt;
    private bool _suspected;

    /// <exception cref="IOException">There is no usable configuration; the message says what was looked for.</exception>
    public ClusterConfiguration(IConnectionFiles files, TimeProvider time, ILogger logger, ConnectionOptions? connections = null)
    {
        (_files, _time, _logger, _connections) = (files, time, logger, connections ?? ConnectionOptions.Default);
        _unreadable = new(time, Repeat);
        var configuration = files.Load();
        (Address, Namespace) = (configuration.Host.TrimEnd('/'), configuration.Namespace);
        try
        {
            _client = Create(configuration);
        }
        catch (Exception unusable) when (unusable is not IOException)
        {
            throw new IOException($"The configuration for the API server {Address} cannot be used: {unusable.Message}", unusable);
        }

        _fingerprint = Fingerprint();
        _checkedAt = time.GetTimestamp();
    }

    /// <summary>URL of the server.</summary>
    public string Address { get; }

    /// <summary>Namespace of the service account or of the context; null when neither says.</summary>
    public string? Namespace { get; }

    /// <summary>The client to send the next request with.</summary>
    public Kubernetes Client()
    {
        lock (_gate)
        {
            if (_suspected || _time.GetElapsedTime(_checkedAt) >= Check)
            {
                Review();
            }

            return _client;
        }
    }

    /// <summary>Credentials or certificates may be out of date: look at them before the next request, though not more than once a second.</summary>
    public void Suspect()
    {
        lock (_gate)
        {
            _suspected = _time.GetElapsedTime(_checkedAt) >= TimeSpan.FromSeconds(1);
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _retired?.Dispose();
            _client.Dispose();
        }
    }

    private void Review()
    {
        (_checkedAt, _suspected) = (_time.GetTimestamp(), false);
        try
        {
            var now = Fingerprint();
            if (now == _fingerprint)
            {
                _unreadable.Close();
                return;
            }

            var next = Create(_files.Load());
            _retired?.Dispose();
            (_retired, _client, _fingerprint) = (_client, next, now);
            _unreadable.Close();
            _logger.ConfigurationReloaded();
        }
        catch (Exception unreadable)
        {
            // Whatever is wrong with half a file: with the last client the next request may succeed, without one it cannot.
            if (_unreadable.Opens(unreadable.Message))
            {
                _logger.ConfigurationUnreadable(unreadable.Message);
            }
        }
    }

    private string Fingerprint()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var path in _files.Paths)
        {
            hash.AppendData(File.Exists(path) ? File.ReadAllBytes(path) : []);
            hash.AppendData([0]);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private Kubernetes Create(KubernetesClientConfiguration configuration)
    {
        configuration.UserAgent = "wsingress";
        SocketsHttpHandler connections = null!;
        configuration.FirstMessageHandlerSetup = handler =>
        {
            connections = handler;
            ServerConnections.Apply(handler, _connections);
        };

        // The library takes a certificate of the authority for any host, and nothing without an authority, so its check is replaced after it was
        // set: by ours, or where no authority is configured by the system's.
        var (skips, authorities) = (configuration.SkipTlsVerify, configuration.SslCaCerts);
        configuration.SkipTlsVerify |= authorities is not { Count: > 0 };
        var client = new Kubernetes(configuration);
        if (!skips)
        {
            connections.SslOptions.RemoteCertificateValidationCallback = authorities is { Count: > 0 } ? new ServerTrust(authorities).Validate : null;
        }

        return client;
    }
}
