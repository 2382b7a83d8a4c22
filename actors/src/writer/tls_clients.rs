//! TLS material of endpoints, read once for all that have the same settings.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::ClientConfig;
use spangraph_config::TlsClientSettings;

use super::tls::{TlsError, client_config};

/// What was made of TLS settings that are in use; clones share it.
///
/// Thousands of tenants may have an endpoint with the same settings, whose authorities are hundreds of certificates.
#[derive(Clone, Debug, Default)]
pub struct TlsClients(Arc<Mutex<HashMap<TlsClientSettings, Arc<Slot>>>>);

/// Held while its files are read, so that nobody reads them at the same time.
#[derive(Debug, Default)]
struct Slot(Mutex<Option<Arc<ClientConfig>>>);

impl TlsClients {
    /// What `settings` gave when their files were read last; reads them now when that was never. It blocks meanwhile.
    ///
    /// # Errors
    /// When a file is missing or unusable, or there is nothing to trust.
    pub fn load(&self, settings: &TlsClientSettings) -> Result<Arc<ClientConfig>, TlsError> {
        let slot = {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(known.entry(settings.clone()).or_default())
        };
        let mut slot = slot.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(config) = &*slot {
            return Ok(Arc::clone(config));
        }
        let config = Arc::new(client_config(settings)?);
        *slot = Some(Arc::clone(&config));
        Ok(config)
    }

    /// As [`TlsClients::load`], with the files read away from the Arbiter, which a slow disk would hold up.
    pub(super) async fn get(&self, settings: &TlsClientSettings) -> Result<Arc<ClientConfig>, TlsError> {
        if let Some(config) = self.peek(settings) {
            return Ok(config);
        }
        let (all, settings) = (self.clone(), settings.clone());
        let read = tokio::task::spawn_blocking(move || all.load(&settings)).await;
        read.map_err(|_| TlsError::Cancelled)?
    }

    /// Takes over what `renewed` has, and forgets everything else.
    ///
    /// Writers that run use it from their next request on, over new connections.
    pub fn replace(&self, renewed: &Self) {
        let renewed = {
            let renewed = renewed.0.lock().unwrap_or_else(PoisonError::into_inner);
            renewed.clone()
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = renewed;
    }

    /// What is there without waiting.
    fn peek(&self, settings: &TlsClientSettings) -> Option<Arc<ClientConfig>> {
        let slot = {
            let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(known.get(settings)?)
        };
        let slot = slot.0.try_lock().ok()?;
        slot.clone()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::thread;

    use rcgen::{CertificateParams, KeyPair};

    use super::*;

    fn write_authority(file: &Path) {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![]).unwrap().self_signed(&key).unwrap();
        fs::write(file, certificate.pem()).unwrap();
    }

    fn trusting(file: &Path) -> TlsClientSettings {
        TlsClientSettings {
            ca_file: Some(file.to_owned()),
            ..TlsClientSettings::default()
        }
    }

    #[test]
    fn a_setting_is_read_once_however_many_ask_at_the_same_time() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        write_authority(&file);
        let clients = TlsClients::default();
        let asked: Vec<_> = (0..8)
            .map(|_| {
                let (clients, settings) = (clients.clone(), trusting(&file));
                thread::spawn(move || clients.load(&settings).unwrap())
            })
            .collect();
        let configs: Vec<_> = asked.into_iter().map(|asked| asked.join().unwrap()).collect();
        assert!(configs.iter().all(|config| Arc::ptr_eq(config, &configs[0])));
        fs::remove_file(&file).unwrap();
        let known = clients.load(&trusting(&file)).unwrap();
        assert!(Arc::ptr_eq(&known, &configs[0]), "the file was read again");
    }

    #[test]
    fn what_could_not_be_read_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("ca.pem");
        let clients = TlsClients::default();
        assert!(clients.load(&trusting(&file)).is_err());
        write_authority(&file);
        assert!(clients.load(&trusting(&file)).is_ok());
    }

    #[test]
    fn renewed_material_takes_the_place_of_all_that_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let (kept, gone) = (folder.path().join("kept.pem"), folder.path().join("gone.pem"));
        write_authority(&kept);
        write_authority(&gone);
        let (running, renewed) = (TlsClients::default(), TlsClients::default());
        let before = running.load(&trusting(&kept)).unwrap();
        running.load(&trusting(&gone)).unwrap();
        let after = renewed.load(&trusting(&kept)).unwrap();
        running.replace(&renewed);
        assert!(!Arc::ptr_eq(&before, &after));
        assert!(Arc::ptr_eq(&running.peek(&trusting(&kept)).unwrap(), &after));
        assert!(running.peek(&trusting(&gone)).is_none());
    }
}
